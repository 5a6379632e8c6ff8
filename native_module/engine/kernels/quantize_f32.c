#include "../float_bits.h"
#include "../kernels.h"

/* QUANTIZE, float32 to int8 or int16. memory: input, output. */
void picket_quantize_f32(const void *params, void *const *memory) {
    const picket_float_params_t *quantize = (const picket_float_params_t *)params;
    const uint32_t *input_bits = (const uint32_t *)memory[0];
    const bool wide = quantize->type == PICKET_INT16;
    const int32_t min = wide ? INT16_MIN : INT8_MIN;
    const int32_t max = wide ? INT16_MAX : INT8_MAX;
    for (uint32_t i = 0; i < quantize->elements; i++) {
        const int32_t value = picket_quantize_bits(input_bits[i], quantize->scale_bits, quantize->zero_point, min, max);
        if (wide) {
            ((int16_t *)memory[1])[i] = (int16_t)value;
        } else {
            ((int8_t *)memory[1])[i] = (int8_t)value;
        }
    }
}
