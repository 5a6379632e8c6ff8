#include "sigmoid_scale.h"
#include "wide_layer.h"

/* Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM; those that are not named here belong to variants. */
enum {
    INPUT = 0,
    INPUT_WEIGHTS = 1,     /* of four gates */
    RECURRENT_WEIGHTS = 5, /* of four gates */
    BIAS = 12,             /* of four gates */
    STATE = 18,
    CELL = 19,
    INPUT_COUNT = 24
};

enum { FIELD_ACTIVATION = 0, FIELD_CELL_CLIP = 1, FIELD_TIME_MAJOR = 3 };

typedef struct {
    picket_tensor_info_t input, state, cell, output;
    picket_real_t input_scale, state_scale, cell_scale;
    int32_t batches, steps, inputs, units;
} lstm_t;

/* int16 instead of int8. A macro, as picket_activation_type. */
#define IS_WIDE(lstm) (picket_activation_type(&(lstm)->input) == PICKET_INT16)

static bool is_variant(uint32_t nth) {
    return (nth >= 9 && nth < BIAS) || (nth >= 16 && nth < STATE) || nth > CELL;
}

/* The tensors but for weights and biases: sequences of [batch][step][...], or [step][batch][...] if time is major. */
static bool read_tensors(picket_prepare_t *op, lstm_t *lstm, bool time_major) {
    picket_tensor_info_t unused;
    if (!picket_expect_counts(op, INPUT_COUNT, INPUT_COUNT, 1)) {
        return false;
    }
    for (uint32_t i = 0; i < INPUT_COUNT; i++) {
        if (is_variant(i) && picket_optional_input(op, i, &unused)) {
            return picket_refuse_tensor(
                op, &unused, PICKET_ERROR_UNSUPPORTED, "LSTM with peepholes, projection or normalisation");
        }
    }
    if (!picket_input_info(op, INPUT, &lstm->input) || !picket_state_info(op, STATE, &lstm->state)
        || !picket_state_info(op, CELL, &lstm->cell) || !picket_output_info(op, 0, &lstm->output)
        || !picket_expect_type(op, &lstm->input, (int32_t)picket_activation_type(&lstm->input))
        || !picket_expect_type(op, &lstm->output, (int32_t)picket_activation_type(&lstm->input))
        || !picket_expect_rank(op, &lstm->input, 3) || !picket_expect_rank(op, &lstm->output, 3)
        || !picket_expect_dim(op, &lstm->output, 0, lstm->input.dims[0])
        || !picket_expect_dim(op, &lstm->output, 1, lstm->input.dims[1])) {
        return false;
    }
    lstm->batches = lstm->input.dims[time_major ? 1 : 0];
    lstm->steps = lstm->input.dims[time_major ? 0 : 1];
    lstm->inputs = lstm->input.dims[2];
    lstm->units = lstm->output.dims[2];
    const uint32_t elements = lstm->output.elements / (uint32_t)lstm->steps;
    return picket_expect_type(op, &lstm->state, (int32_t)lstm->input.type) && picket_expect_elements(op, &lstm->state, elements)
        && picket_expect_type(op, &lstm->cell, PICKET_INT16) && picket_expect_elements(op, &lstm->cell, elements);
}

static bool use_weights(
    picket_prepare_t *op, uint32_t nth, const lstm_t *lstm, int32_t depth, picket_real_t input_scale,
    picket_scaling_t *scaling) {
    picket_tensor_info_t weights;
    picket_real_t scale;
    if (!picket_input_info(op, nth, &weights) || !picket_expect_type(op, &weights, PICKET_INT8)
        || !picket_expect_constant(op, &weights) || !picket_expect_rank(op, &weights, 2)
        || !picket_expect_dim(op, &weights, 0, lstm->units) || !picket_expect_dim(op, &weights, 1, depth)
        || !picket_channel_scale(op, &weights, 0, &scale)) {
        return false;
    }
    if (weights.scales.count != 1) {
        return picket_refuse_tensor(op, &weights, PICKET_ERROR_UNSUPPORTED, "the weights need one scale");
    }
    for (uint32_t i = 0; i < weights.zero_points.count; i++) {
        if (picket_vector_i64(op->reader, &weights.zero_points, i) != 0) {
            return picket_refuse_tensor(
                op, &weights, PICKET_ERROR_UNSUPPORTED, "the weights' zero points must be 0");
        }
    }
    picket_use_tensor(op, &weights);
    /* Gates are computed with a scale of 2^-12. */
    const picket_real_t real = picket_real_scale(picket_real_mul(input_scale, scale), 12);
    const picket_wide_sums_t sums = {.of_32_bits = 0};
    return picket_multiplier(op, real, &scaling->multiplier_q31, &scaling->shift)
        && (!IS_WIDE(lstm) || picket_wide_multiplier(op, sums, &scaling->multiplier_q31, scaling->shift));
}

static bool use_gates(picket_prepare_t *op, const lstm_t *lstm) {
    picket_scaling_t scalings[2 * PICKET_GATE_COUNT];
    for (uint32_t gate = 0; gate < PICKET_GATE_COUNT; gate++) {
        picket_tensor_info_t bias;
        if (!use_weights(op, INPUT_WEIGHTS + gate, lstm, lstm->inputs, lstm->input_scale, &scalings[2 * gate])
            || !use_weights(
                op, RECURRENT_WEIGHTS + gate, lstm, lstm->units, lstm->state_scale, &scalings[2 * gate + 1])
            || !picket_input_info(op, BIAS + gate, &bias)
            || !picket_expect_type(op, &bias, IS_WIDE(lstm) ? PICKET_INT64 : PICKET_INT32)
            || !picket_expect_constant(op, &bias) || !picket_expect_elements(op, &bias, (uint32_t)lstm->units)
            || (IS_WIDE(lstm) && !picket_expect_wide_bias(op, &bias))) {
            return false;
        }
        picket_use_tensor(op, &bias);
    }
    picket_scaling_t *table = (picket_scaling_t *)(void *)picket_use_table(op, sizeof scalings);
    for (uint32_t i = 0; table && i < 2 * PICKET_GATE_COUNT; i++) {
        table[i] = scalings[i];
    }
    return true;
}

/* What tanh needs of the cell state: its scale is a power of two. */
static bool cell_scale(picket_prepare_t *op, const lstm_t *lstm, picket_sigmoid_scale_t *scale) {
    int32_t exponent;
    if (!picket_power_of_two(lstm->cell_scale, &exponent) || exponent > 0 || exponent < -12 - 30) {
        return picket_refuse_tensor(
            op, &lstm->cell, PICKET_ERROR_UNSUPPORTED, "the cell state's scale must be a power of two up to 1");
    }
    scale->multiplier = exponent >= -12 ? 3 << (exponent + 12) : 3;
    scale->shift = exponent >= -12 ? 0 : -12 - exponent;
    return true;
}

static bool clip(picket_prepare_t *op, const lstm_t *lstm, int16_t *quantized) {
    picket_real_t limit;
    int32_t value = INT16_MAX;
    const uint32_t bits = picket_field_u32(op->reader, &op->options, FIELD_CELL_CLIP, 0);
    *quantized = 0;
    if (bits >> 31 || bits == 0) {
        return true; /* only limits above 0 count */
    }
    if (!picket_real_from_f32(bits, &limit)) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "the cell's limit is not a finite number");
    }
    if (!picket_real_truncate(picket_real_div(limit, lstm->cell_scale), &value) || value > INT16_MAX) {
        value = INT16_MAX;
    }
    *quantized = (int16_t)value;
    return value > 0 || picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the cell's limit is below its scale");
}

void picket_prepare_unidirectional_sequence_lstm(picket_prepare_t *op) {
    enum { TANH = 4 };
    lstm_t lstm;
    int32_t input_zero_point, state_zero_point, zero_point;
    picket_real_t output_scale;
    const bool time_major = picket_field_u8(op->reader, &op->options, FIELD_TIME_MAJOR, 0) != 0;
    if (picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0) != TANH) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the cell's activation must be TANH");
        return;
    }
    if (!read_tensors(op, &lstm, time_major)
        || !picket_quantization(op, &lstm.input, &lstm.input_scale, &input_zero_point)
        || !picket_quantization(op, &lstm.state, &lstm.state_scale, &state_zero_point)
        || !picket_quantization(op, &lstm.output, &output_scale, &zero_point)
        || !picket_quantization(op, &lstm.cell, &lstm.cell_scale, &zero_point)) {
        return;
    }
    picket_lstm_params_t *params = (picket_lstm_params_t *)picket_use_params(op, sizeof *params);
    picket_use_tensor(op, &lstm.input);
    picket_use_tensor(op, &lstm.state);
    picket_use_tensor(op, &lstm.cell);
    picket_use_tensor(op, &lstm.output);
    /* Gates and tanh give q15, so a product of two has a scale of 2^-30. */
    const picket_real_t q30 = picket_real_scale(picket_real_from_u32(1), -30);
    const picket_real_t q15 = picket_real_scale(picket_real_from_u32(1), -15);
    if (!use_gates(op, &lstm) || !cell_scale(op, &lstm, &params->cell_scale) || !clip(op, &lstm, &params->cell_clip)
        || !picket_multiplier(op, q15, &params->forget.multiplier_q31, &params->forget.shift)
        || !picket_multiplier(
            op, picket_real_div(q30, lstm.cell_scale), &params->update.multiplier_q31, &params->update.shift)
        || !picket_multiplier(
            op, picket_real_div(q30, lstm.state_scale), &params->hidden.multiplier_q31, &params->hidden.shift)) {
        return;
    }
    params->batches = (uint32_t)lstm.batches;
    params->steps = (uint32_t)lstm.steps;
    params->inputs = (uint32_t)lstm.inputs;
    params->units = (uint32_t)lstm.units;
    params->batch_stride = time_major ? 1 : (uint32_t)lstm.steps;
    params->step_stride = time_major ? (uint32_t)lstm.batches : 1;
    params->input_zero_point = (int16_t)input_zero_point;
    params->state_zero_point = (int16_t)state_zero_point;
    op->kernel = PICKET_KERNEL_lstm_i8;
    if (IS_WIDE(&lstm)) {
        op->kernel = PICKET_INT16_KERNEL(lstm_i16);
        if (input_zero_point != 0 || state_zero_point != 0) {
            picket_refuse(op, PICKET_ERROR_INVALID, "int16 needs zero points of 0");
        }
        picket_expect_wide_depth(op, (uint32_t)(lstm.inputs > lstm.units ? lstm.inputs : lstm.units));
    }
}
