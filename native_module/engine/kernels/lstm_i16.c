#include "../fixed_point.h"
#include "../lstm_cell.h"
#include "../wide.h"

/* Pointers that the kernel gets; the same as those of picket_lstm_i8. */
enum { INPUT, STATE, CELL, OUTPUT, GATES, TABLE = GATES + 3 * PICKET_GATE_COUNT };

static int32_t clamp_i16(int32_t value) {
    return picket_clamp(value, INT16_MIN, INT16_MAX);
}

/* Sums of layers are of 64 bits, so that their multipliers have 16. */
static int32_t scaled(int64_t sum, const picket_scaling_t *scaling) {
    const picket_wide_sums_t sums = {.of_32_bits = 0};
    return clamp_i16(picket_wide_scale(sum, scaling->multiplier_q31, scaling->shift, sums));
}

/* The sum of a gate for one unit, with a scale of 2^-12. */
static int32_t gate_sum(
    const picket_lstm_params_t *lstm, void *const *memory, uint32_t gate, uint32_t unit, const int16_t *input,
    const int16_t *state) {
    const picket_scaling_t *scalings = (const picket_scaling_t *)memory[TABLE] + 2 * gate;
    const int8_t *input_weights = (const int8_t *)memory[GATES + 3 * gate] + unit * lstm->inputs;
    const int8_t *state_weights = (const int8_t *)memory[GATES + 3 * gate + 1] + unit * lstm->units;
    const int64_t bias = picket_wide_load(memory[GATES + 3 * gate + 2], unit);
    const int64_t from_input = bias + picket_wide_product(input_weights, input, lstm->inputs);
    const int64_t from_state = picket_wide_product(state_weights, state, lstm->units);
    return clamp_i16(scaled(from_input, &scalings[0]) + scaled(from_state, &scalings[1]));
}

/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM, int16 with weights of int8, biases of int64 and a cell state of int16; zero points are
 * 0. As picket_lstm_i8, a step writes its outputs first and copies them to the state then.
 *
 * memory: input, state [batch][units], cell [batch][units], output, the gates, table.
 */
void picket_lstm_i16(const void *params, void *const *memory) {
    const picket_lstm_params_t *lstm = (const picket_lstm_params_t *)params;
    for (uint32_t batch = 0; batch < lstm->batches; batch++) {
        int16_t *state = (int16_t *)memory[STATE] + batch * lstm->units;
        int16_t *cell = (int16_t *)memory[CELL] + batch * lstm->units;
        for (uint32_t t = 0; t < lstm->steps; t++) {
            const uint32_t vector = batch * lstm->batch_stride + t * lstm->step_stride;
            const int16_t *input = (const int16_t *)memory[INPUT] + vector * lstm->inputs;
            int16_t *output = (int16_t *)memory[OUTPUT] + vector * lstm->units;
            for (uint32_t unit = 0; unit < lstm->units; unit++) {
                int32_t gates[PICKET_GATE_COUNT];
                for (uint32_t gate = 0; gate < PICKET_GATE_COUNT; gate++) {
                    gates[gate] = gate_sum(lstm, memory, gate, unit, input, state);
                }
                output[unit] = (int16_t)clamp_i16(picket_lstm_cell(lstm, gates, &cell[unit]));
            }
            for (uint32_t unit = 0; unit < lstm->units; unit++) {
                state[unit] = output[unit];
            }
        }
    }
}
