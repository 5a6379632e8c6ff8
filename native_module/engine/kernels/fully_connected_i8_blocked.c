#include "../narrow.h"
#include "../products.h"

enum { BLOCK = 8 };

/* Requantise the sums of so many outputs from first on. */
static void write_sums(
    const picket_fully_connected_params_t *layer, const int32_t *table, uint32_t first, uint32_t count,
    const int32_t *sums, int8_t *output) {
    const int32_t *multipliers_q31 = table ? table + first : &layer->multiplier_q31;
    const int8_t *shifts = table ? (const int8_t *)(table + layer->outputs) + first : &layer->shift;
    const uint32_t step = table ? 1 : 0;
    const int32_t zero_point = layer->output_zero_point, min = layer->output_min, max = layer->output_max;
    for (; count > 0; count--, multipliers_q31 += step, shifts += step) {
        const uint32_t shift = (uint32_t)-*shifts;
        *output++ = picket_narrow_output(
            *sums++, (uint32_t)*multipliers_q31 << 1, shift, picket_narrow_offset(shift, zero_point), min, max);
    }
}

/*
 * FULLY_CONNECTED, int8, narrow (narrow.h, but the bias is as the model has it): 8 outputs at a time.
 *
 * memory: as picket_fully_connected_i8.
 */
void picket_fully_connected_i8_blocked(const void *params, void *const *memory) {
    const picket_fully_connected_params_t *layer = (const picket_fully_connected_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    const int32_t *bias = (const int32_t *)memory[2];
    int8_t *output = (int8_t *)memory[3];
    const int32_t *table = layer->per_channel ? (const int32_t *)memory[4] : NULL;
    const uint32_t depth = layer->depth;
    int32_t sums[BLOCK];

    for (uint32_t batch = 0; batch < layer->batches; batch++, input += depth, output += layer->outputs) {
        const int8_t *weights = (const int8_t *)memory[1];
        uint32_t count;
        for (uint32_t first = 0; first < layer->outputs; first += count, weights += count * depth) {
            count = layer->outputs - first < BLOCK ? layer->outputs - first : BLOCK;
            for (uint32_t i = 0; i < count; i++) {
                sums[i] = bias ? bias[first + i] : 0;
            }
            if (count == BLOCK) {
                picket_products_8x1(weights, input, depth, layer->input_zero_point, sums);
            } else {
                for (uint32_t i = 0; i < count; i++) {
                    sums[i] += picket_product(weights + i * depth, 1, input, depth, layer->input_zero_point);
                }
            }
            write_sums(layer, table, first, count, sums, output + first);
        }
    }
}
