/* Real values into inputs and out of outputs: what engine.h promises, for any engine behind it. */
#include "engine.h"

#include <stdbool.h>

#include "float_bits.h"

static bool is_quantized(const picket_tensor_t *tensor) {
    return (tensor->type == PICKET_INT8 || tensor->type == PICKET_UINT8 || tensor->type == PICKET_INT16)
        && picket_float_bits(tensor->scale) != 0;
}

static int32_t lowest_value(picket_type_t type) {
    return type == PICKET_INT8 ? INT8_MIN : type == PICKET_INT16 ? INT16_MIN : 0;
}

static int32_t highest_value(picket_type_t type) {
    return type == PICKET_INT8 ? INT8_MAX : type == PICKET_INT16 ? INT16_MAX : UINT8_MAX;
}

picket_status_t picket_engine_quantize(
    const picket_engine_t *engine, uint32_t index, const float *values, size_t count) {
    picket_tensor_t tensor;
    if (picket_engine_input(engine, index, &tensor) != PICKET_OK || count != tensor.elements) {
        return PICKET_ERROR_ARGUMENT;
    }
    if (tensor.type != PICKET_FLOAT32 && !is_quantized(&tensor)) {
        return PICKET_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < tensor.elements; i++) {
        if (tensor.type == PICKET_FLOAT32) {
            ((float *)tensor.data)[i] = values[i];
            continue;
        }
        const int32_t value = picket_quantize_bits(
            picket_float_bits(values[i]), picket_float_bits(tensor.scale), tensor.zero_point, lowest_value(tensor.type),
            highest_value(tensor.type));
        if (tensor.type == PICKET_INT16) {
            ((int16_t *)tensor.data)[i] = (int16_t)value;
        } else {
            ((uint8_t *)tensor.data)[i] = (uint8_t)value;
        }
    }
    return PICKET_OK;
}

picket_status_t picket_engine_dequantize(const picket_engine_t *engine, uint32_t index, float *values, size_t count) {
    picket_tensor_t tensor;
    if (picket_engine_output(engine, index, &tensor) != PICKET_OK || count != tensor.elements) {
        return PICKET_ERROR_ARGUMENT;
    }
    if (tensor.type != PICKET_FLOAT32 && !is_quantized(&tensor)) {
        return PICKET_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < tensor.elements; i++) {
        int32_t value;
        switch (tensor.type) {
            case PICKET_FLOAT32:
                values[i] = ((const float *)tensor.data)[i];
                continue;
            case PICKET_INT16:
                value = ((const int16_t *)tensor.data)[i];
                break;
            case PICKET_UINT8:
                value = ((const uint8_t *)tensor.data)[i];
                break;
            default:
                value = ((const int8_t *)tensor.data)[i];
                break;
        }
        values[i] =
            picket_float_from_bits(picket_dequantize_bits(value - tensor.zero_point, picket_float_bits(tensor.scale)));
    }
    return PICKET_OK;
}
