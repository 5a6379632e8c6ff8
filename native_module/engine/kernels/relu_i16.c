#include "../fixed_point.h"
#include "../kernels.h"

/* RELU and RELU6, int16: rescale where a multiplier is given, and clamp. memory: input, output. Works in place. */
void picket_relu_i16(const void *params, void *const *memory) {
    const picket_rescale_params_t *relu = (const picket_rescale_params_t *)params;
    const int16_t *input = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[1];
    for (uint32_t i = 0; i < relu->elements; i++) {
        int32_t value = input[i];
        if (relu->multiplier_q31) {
            value = picket_wrapping_add(
                picket_requantize(value - relu->input_zero_point, relu->multiplier_q31, relu->shift),
                relu->output_zero_point);
        }
        output[i] = (int16_t)picket_clamp(value, relu->output_min, relu->output_max);
    }
}
