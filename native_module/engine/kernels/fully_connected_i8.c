#include "../fixed_point.h"
#include "../kernels.h"

/*
 * FULLY_CONNECTED, int8: the plain reference.
 *
 * memory: input [batches][depth], weights [outputs][depth], bias int32 [outputs] or NULL, output [batches][outputs],
 * and with per_channel a table: int32_t multiplier_q31[outputs], int8_t shift[outputs].
 */
void picket_fully_connected_i8(const void *params, void *const *memory) {
    const picket_fully_connected_params_t *layer = (const picket_fully_connected_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    const int32_t *bias = (const int32_t *)memory[2];
    int8_t *output = (int8_t *)memory[3];
    int32_t multiplier_q31 = layer->multiplier_q31;
    int32_t shift = layer->shift;

    for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
        const int8_t *weights = (const int8_t *)memory[1];
        for (uint32_t out = 0; out < layer->outputs; out++, weights += layer->depth) {
            uint32_t sum = bias ? (uint32_t)bias[out] : 0; /* wraps, as TFLite's does */
            for (uint32_t i = 0; i < layer->depth; i++) {
                sum += (uint32_t)(weights[i] * (input[i] - layer->input_zero_point));
            }
            if (layer->per_channel) {
                multiplier_q31 = ((const int32_t *)memory[4])[out];
                shift = ((const int8_t *)((const int32_t *)memory[4] + layer->outputs))[out];
            }
            *output++ = (int8_t)picket_output_value(
                (int32_t)sum, multiplier_q31, shift, layer->output_zero_point, layer->output_min, layer->output_max);
        }
    }
}
