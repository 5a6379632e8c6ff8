#include "../fixed_point.h"
#include "../lstm_cell.h"

/*
 * Pointers that the kernel gets, after which come input weights, recurrent weights and bias of each gate, and the
 * table.
 */
enum { INPUT, STATE, CELL, OUTPUT, GATES, TABLE = GATES + 3 * PICKET_GATE_COUNT };

static int32_t clamp_i16(int32_t value) {
    return picket_clamp(value, INT16_MIN, INT16_MAX);
}

static uint32_t product(const int8_t *weights, const int8_t *values, uint32_t count, int32_t zero_point) {
    uint32_t sum = 0; /* wraps, as TFLite's does */
    for (uint32_t i = 0; i < count; i++) {
        sum += (uint32_t)(weights[i] * (values[i] - zero_point));
    }
    return sum;
}

static int32_t scaled(uint32_t sum, const picket_scaling_t *scaling) {
    return clamp_i16(picket_requantize((int32_t)sum, scaling->multiplier_q31, scaling->shift));
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
    return clamp_i16(scaled(from_input, &scalings[0]) + scaled(from_state, &scalings[1]));
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
                int32_t gates[PICKET_GATE_COUNT];
                for (uint32_t gate = 0; gate < PICKET_GATE_COUNT; gate++) {
                    gates[gate] = gate_sum(lstm, memory, gate, unit, input, state);
                }
                output[unit] = (int8_t)picket_clamp(
                    picket_wrapping_add(picket_lstm_cell(lstm, gates, &cell[unit]), lstm->state_zero_point), INT8_MIN,
                    INT8_MAX);
            }
            for (uint32_t unit = 0; unit < lstm->units; unit++) {
                state[unit] = output[unit];
            }
        }
    }
}
