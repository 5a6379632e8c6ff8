#include "../fixed_point.h"
#include "../kernels.h"

static int32_t load(const void *data, uint32_t i, uint8_t type) {
    switch (type) {
        case PICKET_INT8:
            return ((const int8_t *)data)[i];
        case PICKET_UINT8:
            return ((const uint8_t *)data)[i];
        default:
            return ((const int16_t *)data)[i];
    }
}

/* QUANTIZE between int8, uint8 and int16. memory: input, output. Works in place where both types have the same size. */
void picket_quantize_int(const void *params, void *const *memory) {
    const picket_rescale_params_t *rescale = (const picket_rescale_params_t *)params;
    for (uint32_t i = 0; i < rescale->elements; i++) {
        const int32_t value = picket_output_value(
            load(memory[0], i, rescale->input_type) - rescale->input_zero_point, rescale->multiplier_q31,
            rescale->shift, rescale->output_zero_point, rescale->output_min, rescale->output_max);
        if (rescale->output_type == PICKET_INT16) {
            ((int16_t *)memory[1])[i] = (int16_t)value;
        } else {
            ((uint8_t *)memory[1])[i] = (uint8_t)value;
        }
    }
}
