/* Convolution of int16 with weights of int8, of both kinds, for any shape. */
#ifndef PICKET_WIDE_CONVOLUTION_H
#define PICKET_WIDE_CONVOLUTION_H

#include <stdbool.h>

#include "kernels.h"

/*
 * memory        input [N][H][W][C], filter, output [N][OH][OW][O], tables (kernels.h), bias or NULL
 * depthwise     as in picket_convolve_plain
 */
void picket_convolve_wide(const picket_wide_conv_params_t *params, void *const *memory, bool depthwise);

#endif
