#include "../fixed_point.h"
#include "../kernels.h"

/*
 * Pointers that the kernel gets, after which come input weights, recurrent weights and bias of each gate, and the
 * table.
 */
enum { INPUT, STATE, CELL, OUTPUT, GATES, TABLE = GATES + 3 * PICKET_GATE_COUNT };

static int32_t clamp_i16(int32_t value) {
    return picket_clamp(value, INT16_MIN, INT16_MAX);
}

static int32_t scaled(int32_t value, const picket_scaling_t *scaling) {
    return picket_requantize(value, scaling->multiplier_q31, scaling->shift);
}

static uint32_t product(const int8_t *weights, const int8_t *values, uint32_t count, int32_t zero_point) {
    uint32_t sum = 0; /* wraps, as TFLite's does */
    for (uint32_t i = 0; i < count; i++) {
        sum += (uint32_t)(weights[i] * (values[i] - zero_point));
    }
    return sum;
}

/* The sum of a gate for one unit, with a scale of 2^-12. */
static int32_t gate_sum(
    const picket_lstm_params_t *lstm, void *const *memory, uint32_t gate, uint32_t unit, const int8_t *input,
    const int8_t *state) {
    const picket_scaling_t *scalings = (const picket_scaling_t *)memory[TABLE] + 2 * gate;
    const int8_t *input_weights = (const int8_t *)memory[GATES + 3 * gate] + unit * lstm->inputs;
    const int8_t *state_weights = (const int8_t *)memory[GATES + 3 * gate + 1] + unit * lstm->units;
    const uint32_t bias = (uint32_t)((const int32_t *)memory[GATES + 3 * gate + 2])[unit];
    const uint32_t from_input = bias + product(input_weights, input, lstm->inputs, lstm->input_zero_point);
    const uint32_t from_state = product(state_weights, state, lstm->units, lstm->state_zero_point);
    return clamp_i16(
        clamp_i16(scaled((int32_t)from_input, &scalings[0])) + clamp_i16(scaled((int32_t)from_state, &scalings[1])));
}

/* One step of one unit: updates its cell and returns its output. */
static int32_t step(
    const picket_lstm_params_t *lstm, void *const *memory, uint32_t unit, const int8_t *input, const int8_t *state,
    int16_t *cell) {
    const picket_sigmoid_scale_t gate_scale = {3, 0};
    const int32_t forget =
        picket_sigmoid_q15(gate_sum(lstm, memory, PICKET_GATE_FORGET, unit, input, state), gate_scale);
    const int32_t take = picket_sigmoid_q15(gate_sum(lstm, memory, PICKET_GATE_INPUT, unit, input, state), gate_scale);
    const int32_t candidate =
        picket_tanh_q15(gate_sum(lstm, memory, PICKET_GATE_CELL, unit, input, state), gate_scale);
    const int32_t show = picket_sigmoid_q15(gate_sum(lstm, memory, PICKET_GATE_OUTPUT, unit, input, state), gate_scale);
    int32_t value = clamp_i16(
        clamp_i16(scaled(forget * *cell, &lstm->forget)) + clamp_i16(scaled(take * candidate, &lstm->update)));
    if (lstm->cell_clip) {
        value = picket_clamp(value, -lstm->cell_clip, lstm->cell_clip);
    }
    *cell = (int16_t)value;
    const int32_t hidden = scaled(picket_tanh_q15(value, lstm->cell_scale) * show, &lstm->hidden);
    return picket_clamp(picket_wrapping_add(hidden, lstm->state_zero_point), INT8_MIN, INT8_MAX);
}

/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM, int8 with a cell state of int16. A step's outputs are the next one's state: they are
 * written to the output first, because all units need the old state.
 *
 * memory: input, state [batch][units], cell [batch][units], output, the gates (see above), table.
 */
void picket_lstm_i8(const void *params, void *const *memory) {
    const picket_lstm_params_t *lstm = (const picket_lstm_params_t *)params;
    for (uint32_t batch = 0; batch < lstm->batches; batch++) {
        int8_t *state = (int8_t *)memory[STATE] + batch * lstm->units;
        int16_t *cell = (int16_t *)memory[CELL] + batch * lstm->units;
        for (uint32_t t = 0; t < lstm->steps; t++) {
            const uint32_t vector = batch * lstm->batch_stride + t * lstm->step_stride;
            const int8_t *input = (const int8_t *)memory[INPUT] + vector * lstm->inputs;
            int8_t *output = (int8_t *)memory[OUTPUT] + vector * lstm->units;
            for (uint32_t unit = 0; unit < lstm->units; unit++) {
                output[unit] = (int8_t)step(lstm, memory, unit, input, state, &cell[unit]);
            }
            for (uint32_t unit = 0; unit < lstm->units; unit++) {
                state[unit] = output[unit];
            }
        }
    }
}
