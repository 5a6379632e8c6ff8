#include "../wide_convolution.h"

/*
 * CONV_2D, int16 with weights of int8, any shape.
 *
 * memory: input [N][H][W][C], filter [O][FH][FW][C / groups], output [N][OH][OW][O], tables, bias or NULL.
 */
void picket_conv_2d_i16(const void *params, void *const *memory) {
    picket_convolve_wide((const picket_wide_conv_params_t *)params, memory, false);
}
