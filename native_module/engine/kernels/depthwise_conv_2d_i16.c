#include "../wide_convolution.h"

/*
 * DEPTHWISE_CONV_2D, int16 with weights of int8, any shape.
 *
 * memory: input [N][H][W][C], filter [1][FH][FW][O], output [N][OH][OW][O], tables, bias or NULL.
 */
void picket_depthwise_conv_2d_i16(const void *params, void *const *memory) {
    picket_convolve_wide((const picket_wide_conv_params_t *)params, memory, true);
}
