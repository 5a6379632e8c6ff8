#include "../elements.h"
#include "../kernels.h"

static int32_t max_of_i8(const picket_reduction_t *axes, const int8_t *input) {
    int32_t highest = INT8_MIN;
    for (uint32_t i = 0; i < axes->reduced[0]; i++) {
        for (uint32_t j = 0; j < axes->reduced[1]; j++) {
            const int8_t *at = input + i * axes->reduced_stride[0] + j * axes->reduced_stride[1];
            for (uint32_t k = 0; k < axes->reduced[2]; k++, at += axes->reduced_stride[2]) {
                highest = *at > highest ? *at : highest;
            }
        }
    }
    return highest;
}

static uint32_t max_of_f32(const picket_reduction_t *axes, const uint32_t *input) {
    uint32_t highest = 0xff7fffff; /* the lowest finite number: what TFLite begins with */
    for (uint32_t i = 0; i < axes->reduced[0]; i++) {
        for (uint32_t j = 0; j < axes->reduced[1]; j++) {
            const uint32_t *at = input + i * axes->reduced_stride[0] + j * axes->reduced_stride[1];
            for (uint32_t k = 0; k < axes->reduced[2]; k++, at += axes->reduced_stride[2]) {
                highest = picket_float_above(*at, highest) ? *at : highest;
            }
        }
    }
    return highest;
}

/* REDUCE_MAX, int8 or float32, over any axes. memory: input, output. */
void picket_reduce_max(const void *params, void *const *memory) {
    const picket_reduce_max_params_t *reduce = (const picket_reduce_max_params_t *)params;
    const picket_reduction_t *axes = &reduce->axes;
    uint32_t output = 0;
    for (uint32_t i = 0; i < axes->kept[0]; i++) {
        for (uint32_t j = 0; j < axes->kept[1]; j++) {
            uint32_t first = i * axes->kept_stride[0] + j * axes->kept_stride[1];
            for (uint32_t k = 0; k < axes->kept[2]; k++, first += axes->kept_stride[2], output++) {
                if (reduce->is_float) {
                    ((uint32_t *)memory[1])[output] = max_of_f32(axes, (const uint32_t *)memory[0] + first);
                } else {
                    ((int8_t *)memory[1])[output] = (int8_t)max_of_i8(axes, (const int8_t *)memory[0] + first);
                }
            }
        }
    }
}
