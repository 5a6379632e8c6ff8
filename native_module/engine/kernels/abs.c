#include "../elements.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* ABS of int8, int16 (rescaled where a multiplier is given) and float32. memory: input, output. Works in place. */
void picket_abs(const void *params, void *const *memory) {
    const picket_rescale_params_t *abs = (const picket_rescale_params_t *)params;
    if (abs->input_type == PICKET_FLOAT32) {
        for (uint32_t i = 0; i < abs->elements; i++) {
            ((uint32_t *)memory[1])[i] = ((const uint32_t *)memory[0])[i] & 0x7fffffff;
        }
        return;
    }
    const bool wide = abs->input_type == PICKET_INT16;
    for (uint32_t i = 0; i < abs->elements; i++) {
        int32_t value = picket_element(memory[0], i, wide) - abs->input_zero_point;
        value = value < 0 ? -value : value;
        if (abs->multiplier_q31) {
            value = picket_requantize(value, abs->multiplier_q31, abs->shift);
        }
        value = picket_wrapping_add(value, abs->output_zero_point);
        picket_put_element(
            memory[1], i, wide, picket_clamp(value, picket_lowest_element(wide), picket_highest_element(wide)));
    }
}
