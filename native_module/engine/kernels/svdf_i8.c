#include "../elements.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* What a filter makes of the inputs. */
static int32_t feature(const picket_svdf_params_t *svdf, const int8_t *input, const int8_t *weights) {
    uint32_t sum = 0; /* wraps, as TFLite's does */
    for (uint32_t i = 0; i < svdf->inputs; i++) {
        sum += (uint32_t)(weights[i] * (input[i] - svdf->input_zero_point));
    }
    const int32_t value = picket_requantize((int32_t)sum, svdf->state_multiplier_q31, svdf->state_shift);
    return svdf->state_zero_point
        + picket_clamp(value, picket_lowest_element(svdf->wide), picket_highest_element(svdf->wide));
}

/*
 * SVDF, int8, with weights in time and a state of int8 or int16: each filter remembers its last features, oldest first.
 *
 * memory: input [batch][inputs], feature weights [filters][inputs], time weights [filters][memory], bias [units], state
 * [batch][filters][memory], output [batch][units]; rank filters make a unit.
 */
void picket_svdf_i8(const void *params, void *const *memory) {
    const picket_svdf_params_t *svdf = (const picket_svdf_params_t *)params;
    const bool wide = svdf->wide;
    const int8_t *input = (const int8_t *)memory[0];
    const int32_t *bias = (const int32_t *)memory[3];
    int8_t *output = (int8_t *)memory[5];
    uint32_t at = 0; /* in the state */
    for (uint32_t batch = 0; batch < svdf->batches; batch++, input += svdf->inputs) {
        const int8_t *feature_weights = (const int8_t *)memory[1];
        uint32_t time = 0; /* in the time weights */
        for (uint32_t unit = 0; unit < svdf->units; unit++) {
            uint32_t sum = (uint32_t)bias[unit];
            for (uint32_t rank = 0; rank < svdf->rank; rank++, feature_weights += svdf->inputs) {
                for (uint32_t i = 1; i < svdf->memory; i++, at++) {
                    const int32_t older = picket_element(memory[4], at + 1, wide);
                    picket_put_element(memory[4], at, wide, older);
                    sum += (uint32_t)(picket_element(memory[2], time++, wide) * (older - svdf->state_zero_point));
                }
                picket_put_element(memory[4], at, wide, feature(svdf, input, feature_weights));
                const int32_t newest = picket_element(memory[4], at++, wide) - svdf->state_zero_point;
                sum += (uint32_t)(picket_element(memory[2], time++, wide) * newest);
            }
            *output++ = (int8_t)picket_output_value(
                (int32_t)sum, svdf->output_multiplier_q31, svdf->output_shift, svdf->output_zero_point, INT8_MIN,
                INT8_MAX);
        }
    }
}
