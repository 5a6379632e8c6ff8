#include "../blocks.h"

/*
 * CONV_2D, int8, one group, narrow (narrow.h), in blocks (blocks.h).
 *
 * memory: input, filter, output, narrow channels' tables with folded bias, scratch of picket_blocks_scratch bytes.
 */
void picket_conv_2d_i8_blocked(const void *params, void *const *memory) {
    picket_convolve_blocks((const picket_conv_params_t *)params, memory, false);
}
