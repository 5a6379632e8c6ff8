/* Convolution as a product of matrices: patches of the input times the filter, in blocks. */
#ifndef PICKET_BLOCKS_H
#define PICKET_BLOCKS_H

#include "narrow.h"

/* Scratch memory in bytes: three patches of so many channels; none for filters of 1 x 1, which take their inputs where
 * they are. */
static inline uint32_t picket_blocks_scratch(uint32_t filter_size, uint32_t channels) {
    return filter_size == 1 ? 0 : 3 * filter_size * channels;
}

/*
 * All outputs of a convolution of one group, or of a depthwise convolution of one input channel; narrow, with folded
 * bias.
 *
 * memory        input, filter, output, narrow channels' tables, scratch
 * depth_major   the filter is [depth][channel], as a depthwise one; otherwise [channel][depth]
 */
void picket_convolve_blocks(const picket_conv_params_t *conv, void *const *memory, bool depth_major);

#endif
