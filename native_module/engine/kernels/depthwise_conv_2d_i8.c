#include "../plain_convolution.h"

/*
 * DEPTHWISE_CONV_2D, int8, any shape: the plain reference.
 *
 * memory: input [N][H][W][C], filter [1][FH][FW][C * multiplier], output [N][OH][OW][C * multiplier], channels' tables.
 */
void picket_depthwise_conv_2d_i8(const void *params, void *const *memory) {
    picket_convolve_plain((const picket_conv_params_t *)params, memory, true);
}
