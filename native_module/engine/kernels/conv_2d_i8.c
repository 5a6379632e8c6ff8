#include "../plain_convolution.h"

/*
 * CONV_2D, int8, any shape: the plain reference.
 *
 * memory: input [N][H][W][C], filter [O][FH][FW][C / groups], output [N][OH][OW][O], channels' tables.
 */
void picket_conv_2d_i8(const void *params, void *const *memory) {
    picket_convolve_plain((const picket_conv_params_t *)params, memory, false);
}
