#include "../narrow.h"

enum { FIELD_ACTIVATION = 0, FIELD_WEIGHTS_FORMAT = 1 };

/* The multiplier that all outputs share: input scale times weights' scale, a float32 in TFLite, by the output's scale.
 */
static bool layer_multiplier(
    picket_prepare_t *op, const picket_tensor_info_t *bias, picket_real_t input, picket_real_t weights,
    picket_real_t output, picket_fully_connected_params_t *layer) {
    if (bias) {
        /* The bias is added before requantisation, so its scale must be that of the products: within 0.02 output steps,
         * as in TFLite. */
        picket_real_t scale;
        if (!picket_channel_scale(op, bias, 0, &scale)) {
            return false;
        }
        picket_real_t steps = picket_real_div(picket_real_difference(picket_real_mul(input, weights), scale), output);
        if (picket_real_compare(steps, picket_real_div(picket_real_from_u32(2), picket_real_from_u32(100))) > 0) {
            return picket_refuse_tensor(
                op, bias, PICKET_ERROR_INVALID, "the bias has another scale than input times weights");
        }
    }
    int32_t shift;
    picket_real_t product = picket_real_to_f32(picket_real_mul(input, weights));
    if (!picket_multiplier(op, picket_real_div(product, output), &layer->multiplier_q31, &shift)) {
        return false;
    }
    layer->shift = (int8_t)shift;
    return true;
}

/* The table of multipliers and shifts. Returns whether all shifts are narrow. */
static bool channel_multipliers(
    picket_prepare_t *op, const picket_tensor_info_t *weights, picket_real_t input, picket_real_t output,
    uint32_t outputs) {
    uint8_t *table = picket_use_table(op, 5 * outputs);
    bool narrow = true;
    for (uint32_t i = 0; i < outputs; i++) {
        picket_real_t scale;
        int32_t multiplier_q31, shift;
        if (!picket_channel_scale(op, weights, i, &scale)
            || !picket_multiplier(
                op, picket_real_div(picket_real_mul(input, scale), output), &multiplier_q31, &shift)) {
            return false;
        }
        narrow &= picket_is_narrow_shift(shift);
        if (table) {
            ((int32_t *)table)[i] = multiplier_q31;
            ((int8_t *)((int32_t *)table + outputs))[i] = (int8_t)shift;
        }
    }
    return narrow;
}

void picket_prepare_fully_connected(picket_prepare_t *op) {
    picket_tensor_info_t input, weights, bias, output;
    if (!picket_expect_counts(op, 2, 3, 1) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &weights)
        || !picket_output_info(op, 0, &output)) {
        return;
    }
    const bool has_bias = picket_optional_input(op, 2, &bias);
    if (!picket_expect_type(op, &input, PICKET_INT8) || !picket_expect_type(op, &weights, PICKET_INT8)
        || !picket_expect_type(op, &output, PICKET_INT8) || !picket_expect_rank(op, &weights, 2)
        || !picket_expect_constant(op, &weights)) {
        return;
    }
    if (picket_field_u8(op->reader, &op->options, FIELD_WEIGHTS_FORMAT, 0) != 0) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "shuffled weights are not supported");
        return;
    }
    const uint32_t outputs = (uint32_t)weights.dims[0];
    const uint32_t depth = (uint32_t)weights.dims[1];
    const uint32_t batches = input.elements / depth;
    if (output.rank < 1 || input.elements % depth != 0) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_INVALID, "the input does not fit the weights");
        return;
    }
    if (batches > PICKET_MAX_ELEMENTS / outputs || !picket_expect_dim(op, &output, output.rank - 1, (int32_t)outputs)
        || !picket_expect_elements(op, &output, batches * outputs)) {
        picket_refuse_tensor(op, &output, PICKET_ERROR_INVALID, "the output does not fit the weights");
        return;
    }
    if (has_bias
        && (!picket_expect_type(op, &bias, PICKET_INT32) || !picket_expect_constant(op, &bias)
            || !picket_expect_elements(op, &bias, outputs))) {
        return;
    }
    if (weights.scales.count != 1 && (weights.scales.count != outputs || weights.channel_axis != 0)) {
        picket_refuse_tensor(op, &weights, PICKET_ERROR_INVALID, "the weights need one scale, or one for each output");
        return;
    }
    for (uint32_t i = 0; i < weights.zero_points.count; i++) {
        if (picket_vector_i64(op->reader, &weights.zero_points, i) != 0) {
            picket_refuse_tensor(op, &weights, PICKET_ERROR_UNSUPPORTED, "the weights' zero points must be 0");
            return;
        }
    }
    picket_real_t input_scale, weights_scale, output_scale;
    int32_t input_zero_point, output_zero_point, min, max;
    if (!picket_quantization(op, &input, &input_scale, &input_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !picket_channel_scale(op, &weights, 0, &weights_scale)
        || !picket_activation_range(
            op, picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0), &output, &min, &max)) {
        return;
    }

    picket_fully_connected_params_t *layer = (picket_fully_connected_params_t *)picket_use_params(op, sizeof *layer);
    layer->batches = batches;
    layer->depth = depth;
    layer->outputs = outputs;
    layer->input_zero_point = (int16_t)input_zero_point;
    layer->output_zero_point = (int16_t)output_zero_point;
    layer->output_min = (int16_t)min;
    layer->output_max = (int16_t)max;
    layer->per_channel = weights.scales.count > 1;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &weights);
    if (has_bias) {
        picket_use_tensor(op, &bias);
    } else {
        picket_use_nothing(op);
    }
    picket_use_tensor(op, &output);
    bool narrow = depth < PICKET_NARROW_SUM / PICKET_NARROW_PRODUCT;
    for (uint32_t i = 0; has_bias && i < outputs; i++) {
        narrow &= picket_is_narrow_bias(picket_constant_i32(op, &bias, i));
    }
    if (layer->per_channel) {
        narrow &= channel_multipliers(op, &weights, input_scale, output_scale, outputs);
    } else {
        layer_multiplier(op, has_bias ? &bias : NULL, input_scale, weights_scale, output_scale, layer);
        narrow &= picket_is_narrow_shift(layer->shift);
    }
    op->kernel =
        narrow && !PICKET_PLAIN_KERNELS ? PICKET_KERNEL_fully_connected_i8_blocked : PICKET_KERNEL_fully_connected_i8;
}
