#include "../int4.h"
#include "../kernels.h"

/* kernels.h does not declare it in a compact build, which has no use for this file. */
void picket_depthwise_conv_2d_i8_blocked(const void *params, void *const *memory);

/*
 * DEPTHWISE_CONV_2D, int8 with weights of int4, narrow (narrow.h) but with the bias as the model has it. A depthwise
 * filter is small, and each weight is used for every pixel: it is unpacked as a whole.
 *
 * memory: input, filter, output, narrow channels' tables, scratch of the filter's number of weights.
 */
void picket_depthwise_conv_2d_i4_blocked(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    void *const unpacked[] = {memory[0], memory[4], memory[2], memory[3]};
    picket_unpack_int4(
        (int8_t *)memory[4], (const uint8_t *)memory[1], 0,
        (uint32_t)conv->filter_height * conv->filter_width * conv->output_channels);
    picket_depthwise_conv_2d_i8_blocked(params, unpacked);
}
