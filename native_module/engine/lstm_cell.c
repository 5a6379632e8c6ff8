#include "lstm_cell.h"

#include "fixed_point.h"

static int32_t clamp_i16(int32_t value) {
    return picket_clamp(value, INT16_MIN, INT16_MAX);
}

static int32_t scaled(int32_t value, const picket_scaling_t *scaling) {
    return picket_requantize(value, scaling->multiplier_q31, scaling->shift);
}

int32_t picket_lstm_cell(const picket_lstm_params_t *lstm, const int32_t *gates, int16_t *cell) {
    const picket_sigmoid_scale_t gate_scale = {3, 0};
    const int32_t forget = picket_sigmoid_q15(gates[PICKET_GATE_FORGET], gate_scale);
    const int32_t take = picket_sigmoid_q15(gates[PICKET_GATE_INPUT], gate_scale);
    const int32_t candidate = picket_tanh_q15(gates[PICKET_GATE_CELL], gate_scale);
    const int32_t show = picket_sigmoid_q15(gates[PICKET_GATE_OUTPUT], gate_scale);
    int32_t value = clamp_i16(
        clamp_i16(scaled(forget * *cell, &lstm->forget)) + clamp_i16(scaled(take * candidate, &lstm->update)));
    if (lstm->cell_clip) {
        value = picket_clamp(value, -lstm->cell_clip, lstm->cell_clip);
    }
    *cell = (int16_t)value;
    return scaled(picket_tanh_q15(value, lstm->cell_scale) * show, &lstm->hidden);
}
