#include "../fixed_point.h"
#include "../wide.h"

/*
 * FULLY_CONNECTED, int16 with weights of int8.
 *
 * memory: input [batches][depth], weights [outputs][depth], bias or NULL, output [batches][outputs], and with
 * per_channel the tables (kernels.h).
 */
void picket_fully_connected_i16(const void *params, void *const *memory) {
    const picket_wide_fully_connected_params_t *own = (const picket_wide_fully_connected_params_t *)params;
    const picket_fully_connected_params_t *layer = &own->layer;
    const int16_t *input = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[3];
    int32_t multiplier = layer->multiplier_q31;
    int32_t shift = layer->shift;
    for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
        const int8_t *weights = (const int8_t *)memory[1];
        for (uint32_t out = 0; out < layer->outputs; out++, weights += layer->depth) {
            if (layer->per_channel) {
                multiplier = ((const int32_t *)memory[4])[out];
                shift = ((const int8_t *)((const int32_t *)memory[4] + layer->outputs))[out];
            }
            const int64_t sum =
                picket_wide_bias(memory[2], out, own->sums) + picket_wide_product(weights, input, layer->depth);
            *output++ = (int16_t)picket_clamp(
                picket_wide_scale(sum, multiplier, shift, own->sums), layer->output_min, layer->output_max);
        }
    }
}
