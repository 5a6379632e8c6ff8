#include "../fixed_point.h"
#include "../kernels.h"

/* Wraps, as TFLite's sum does. */
static uint32_t sum_of(const picket_mean_params_t *mean, const int8_t *input) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < mean->reduced[0]; i++) {
        for (uint32_t j = 0; j < mean->reduced[1]; j++) {
            const int8_t *at = input + i * mean->reduced_stride[0] + j * mean->reduced_stride[1];
            for (uint32_t k = 0; k < mean->reduced[2]; k++, at += mean->reduced_stride[2]) {
                sum += (uint32_t)(int32_t)*at;
            }
        }
    }
    return sum;
}

/* MEAN, int8, over any axes. memory: input, output. */
void picket_mean_i8(const void *params, void *const *memory) {
    const picket_mean_params_t *mean = (const picket_mean_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    for (uint32_t i = 0; i < mean->kept[0]; i++) {
        for (uint32_t j = 0; j < mean->kept[1]; j++) {
            for (uint32_t k = 0; k < mean->kept[2]; k++) {
                const uint32_t sum =
                    sum_of(mean, input + i * mean->kept_stride[0] + j * mean->kept_stride[1] + k * mean->kept_stride[2]);
                *output++ = (int8_t)picket_output_value(
                    (int32_t)(sum - (uint32_t)mean->zero_points), mean->multiplier_q31, mean->shift, mean->output_zero_point, INT8_MIN,
                    INT8_MAX);
            }
        }
    }
}
