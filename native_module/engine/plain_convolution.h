/* Convolution one output at a time: the plain reference of both kinds, for any shape and any numbers. */
#ifndef PICKET_PLAIN_CONVOLUTION_H
#define PICKET_PLAIN_CONVOLUTION_H

#include <stdbool.h>

#include "kernels.h"

/*
 * memory        input [N][H][W][C], filter, output [N][OH][OW][O], channels' tables
 * depthwise     the filter is [1][FH][FW][O] and filter_channels the outputs of one input channel; otherwise it is
 *               [O][FH][FW][filter_channels], and fewer filter_channels than input channels make groups
 */
void picket_convolve_plain(const picket_conv_params_t *conv, void *const *memory, bool depthwise);

#endif
