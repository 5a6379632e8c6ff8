#include "../compact.h"

/* FULLY_CONNECTED, int8, any shape, in little code (compact.h). memory: as picket_fully_connected_i8. */
void picket_fully_connected_i8_compact(const void *params, void *const *memory) {
    const picket_fully_connected_params_t *given = (const picket_fully_connected_params_t *)params;
    const int32_t *table = given->per_channel ? (const int32_t *)memory[4] : NULL;
    const picket_compact_layer_t layer = {
        .channels.bias = (const int32_t *)memory[2],
        .channels.multiplier_q31 = table ? table : &given->multiplier_q31,
        .channels.shift = table ? (const int8_t *)(table + given->outputs) : &given->shift,
        .channel_step = given->per_channel,
        .channel_count = given->outputs,
        .group = given->outputs,
        .weight_step = (int32_t)given->depth,
        .input_zero_point = given->input_zero_point,
        .output_zero_point = given->output_zero_point,
        .output_min = given->output_min,
        .output_max = given->output_max,
    };
    picket_compact_window_t window = {
        .weights = (const int8_t *)memory[1],
        .inputs = (const int8_t *)memory[0],
        .rows = 1,
        .columns = 1,
        .run = (int32_t)given->depth,
    };
    int8_t *output = (int8_t *)memory[3];
    for (uint32_t batch = 0; batch < given->batches; batch++, window.inputs += window.run) {
        output = picket_compact_pixel(&layer, &window, output);
    }
}
