#include "compact.h"

#include "fixed_point.h"

/* Add the products of four channels to their sums. */
static void add_products(
    const picket_compact_window_t *window, const int8_t *weights, const int32_t *steps, const int8_t *inputs,
    int32_t zero_point, uint32_t *sums) {
    for (int32_t row = 0; row < window->rows; row++) {
        for (int32_t column = 0; column < window->columns; column++) {
            picket_compact_products(
                weights + row * window->weight_row + column * window->weight_column, steps,
                inputs + row * window->input_row + column * window->input_column, window->run, zero_point, sums);
        }
    }
}

int8_t *picket_compact_pixel(
    const picket_compact_layer_t *layer, const picket_compact_window_t *window, int8_t *output) {
    const int8_t *weights = window->weights, *inputs = window->inputs;
    const int32_t *bias = layer->channels.bias, *multiplier_q31 = layer->channels.multiplier_q31;
    const int8_t *shift = layer->channels.shift;
    uint32_t in_group = layer->group;
    for (uint32_t left = layer->channel_count; left > 0;) {
        /* A block ends where its group does; the channels that it lacks repeat the first. */
        const uint32_t count = in_group < PICKET_COMPACT_BLOCK ? in_group : PICKET_COMPACT_BLOCK;
        uint32_t sums[PICKET_COMPACT_BLOCK];
        int32_t steps[PICKET_COMPACT_BLOCK];
        for (uint32_t i = 0; i < PICKET_COMPACT_BLOCK; i++) {
            const uint32_t channel = i < count ? i : 0;
            sums[i] = bias ? (uint32_t)bias[channel] : 0;
            steps[i] = (int32_t)channel * layer->weight_step;
        }
        if (layer->is_single) {
            picket_compact_single_products(window, weights, steps, inputs, layer->input_zero_point, sums);
            inputs += count;
        } else {
            add_products(window, weights, steps, inputs, layer->input_zero_point, sums);
        }
        for (uint32_t i = 0; i < count; i++) {
            *output++ = (int8_t)picket_output_value(
                (int32_t)sums[i], *multiplier_q31, *shift, layer->output_zero_point, layer->output_min,
                layer->output_max);
            multiplier_q31 += layer->channel_step;
            shift += layer->channel_step;
        }
        weights += (int32_t)count * layer->weight_step;
        bias = bias ? bias + count : bias;
        left -= count;
        in_group -= count;
        if (in_group == 0) {
            in_group = layer->group;
            inputs += layer->group_inputs;
        }
    }
    return output;
}
