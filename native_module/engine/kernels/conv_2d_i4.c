#include "../int4.h"
#include "../plain_convolution.h"

/*
 * CONV_2D, int8 with weights of int4, any shape: the plain reference.
 *
 * memory: input, filter, output, channels' tables, scratch of the filter's number of weights.
 */
void picket_conv_2d_i4(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const uint32_t elements = (uint32_t)conv->output_channels * conv->filter_height * conv->filter_width * conv->filter_channels;
    void *const unpacked[] = {memory[0], memory[4], memory[2], memory[3]};
    picket_unpack_int4((int8_t *)memory[4], (const uint8_t *)memory[1], 0, elements);
    picket_convolve_plain(conv, unpacked, false);
}
