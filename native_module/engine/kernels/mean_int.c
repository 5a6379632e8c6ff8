#include "../elements.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* Wraps, as TFLite's sum does. */
static uint32_t sum_of(const picket_mean_params_t *mean, const void *input, uint32_t first) {
    const picket_reduction_t *axes = &mean->axes;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < axes->reduced[0]; i++) {
        for (uint32_t j = 0; j < axes->reduced[1]; j++) {
            uint32_t at = first + i * axes->reduced_stride[0] + j * axes->reduced_stride[1];
            for (uint32_t k = 0; k < axes->reduced[2]; k++, at += axes->reduced_stride[2]) {
                sum += (uint32_t)picket_element(input, at, mean->wide);
            }
        }
    }
    return sum;
}

/* MEAN and SUM, int8 or int16, over any axes. memory: input, output. */
void picket_mean_int(const void *params, void *const *memory) {
    const picket_mean_params_t *mean = (const picket_mean_params_t *)params;
    const picket_reduction_t *axes = &mean->axes;
    const bool wide = mean->wide;
    uint32_t output = 0;
    for (uint32_t i = 0; i < axes->kept[0]; i++) {
        for (uint32_t j = 0; j < axes->kept[1]; j++) {
            uint32_t first = i * axes->kept_stride[0] + j * axes->kept_stride[1];
            for (uint32_t k = 0; k < axes->kept[2]; k++, first += axes->kept_stride[2]) {
                const uint32_t sum = sum_of(mean, memory[0], first) - (uint32_t)mean->zero_points;
                picket_put_element(
                    memory[1], output++, wide,
                    picket_output_value(
                        (int32_t)sum, mean->multiplier_q31, mean->shift, mean->output_zero_point,
                        picket_lowest_element(wide), picket_highest_element(wide)));
            }
        }
    }
}
