#include "../elements.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* LEAKY_RELU, int8 or int16. memory: input, output. Works in place. */
void picket_leaky_relu_int(const void *params, void *const *memory) {
    const picket_leaky_relu_params_t *relu = (const picket_leaky_relu_params_t *)params;
    const bool wide = relu->wide;
    for (uint32_t i = 0; i < relu->elements; i++) {
        const int32_t input = picket_element(memory[0], i, wide) - relu->input_zero_point;
        int32_t value;
        if (input >= 0) {
            value = picket_requantize(input, relu->positive_multiplier_q31, relu->positive_shift);
        } else {
            value = picket_requantize(input, relu->negative_multiplier_q31, relu->negative_shift);
            value = relu->alpha_is_negative ? picket_wrapping_mul(value, -1) : value;
        }
        value = picket_wrapping_add(value, relu->output_zero_point);
        picket_put_element(
            memory[1], i, wide, picket_clamp(value, picket_lowest_element(wide), picket_highest_element(wide)));
    }
}
