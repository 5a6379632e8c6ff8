#include "../fixed_point.h"
#include "../wide.h"

enum { BLOCK = 4 };

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
    const int32_t *multipliers = layer->per_channel ? (const int32_t *)memory[4] : &layer->multiplier_q31;
    const int8_t *shifts = layer->per_channel ? (const int8_t *)(multipliers + layer->outputs) : &layer->shift;
    const uint32_t step = layer->per_channel;
    for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
        const int8_t *weights = (const int8_t *)memory[1];
        for (uint32_t out = 0; out < layer->outputs;) {
            const uint32_t count = layer->outputs - out < BLOCK ? 1 : BLOCK;
            int64_t sums[BLOCK] = {0, 0, 0, 0};
            if (count == BLOCK) {
                picket_wide_products_4(weights, layer->depth, input, layer->depth, sums);
            } else {
                sums[0] = picket_wide_product(weights, input, layer->depth);
            }
            for (uint32_t i = 0; i < count; i++, out++) {
                const int32_t value = picket_wide_scale(
                    sums[i] + picket_wide_bias(memory[2], out, own->sums), multipliers[out * step],
                    shifts[out * step], own->sums);
                *output++ = (int16_t)picket_clamp(value, layer->output_min, layer->output_max);
            }
            weights += count * layer->depth;
        }
    }
}
