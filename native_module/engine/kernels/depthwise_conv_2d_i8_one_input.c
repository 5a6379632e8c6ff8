#include "../blocks.h"

/*
 * DEPTHWISE_CONV_2D, int8, of an input with one channel (the first layer of many models), narrow (narrow.h), in blocks
 * (blocks.h).
 *
 * memory: input, filter, output, narrow channels' tables with folded bias, scratch of picket_blocks_scratch bytes.
 */
void picket_depthwise_conv_2d_i8_one_input(const void *params, void *const *memory) {
    picket_convolve_blocks((const picket_conv_params_t *)params, memory, true);
}
