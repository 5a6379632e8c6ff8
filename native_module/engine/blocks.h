/* Convolution as products of matrices: patches of the input, packed side by side, times the filter, in blocks of 4 channels by 3 pixels. */
#ifndef PICKET_BLOCKS_H
#define PICKET_BLOCKS_H

#include "narrow.h"

/* Scratch memory for packed patches, in bytes, of filters with so many weights per output. */
#define PICKET_BLOCKS_SCRATCH(depth) (3 * (depth))

/*
 * All outputs of a convolution of one group, or of a depthwise convolution of one input channel; narrow, with folded bias.
 *
 * memory        input, filter, output, narrow channels' tables, scratch
 * depth_major   the filter is [depth][channel], as a depthwise one; otherwise [channel][depth]
 */
void picket_convolve_blocks(const picket_conv_params_t *conv, void *const *memory, bool depth_major);

#endif
