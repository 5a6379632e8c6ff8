#include "../float_bits.h"
#include "../kernels.h"

/* DEQUANTIZE, int8, uint8 or int16 to float32. memory: input, output. */
void picket_dequantize_f32(const void *params, void *const *memory) {
    const picket_float_params_t *dequantize = (const picket_float_params_t *)params;
    uint32_t *output_bits = (uint32_t *)memory[1];
    for (uint32_t i = 0; i < dequantize->elements; i++) {
        int32_t value;
        switch (dequantize->type) {
            case PICKET_INT16:
                value = ((const int16_t *)memory[0])[i];
                break;
            case PICKET_UINT8:
                value = ((const uint8_t *)memory[0])[i];
                break;
            default:
                value = ((const int8_t *)memory[0])[i];
                break;
        }
        output_bits[i] = picket_dequantize_bits(value - dequantize->zero_point, dequantize->scale_bits);
    }
}
