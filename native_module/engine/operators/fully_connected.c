#include "../narrow.h"
#include "wide_layer.h"

enum { FIELD_ACTIVATION = 0, FIELD_WEIGHTS_FORMAT = 1, FIELD_BIAS_TYPE = 4 };

/* The bias is added before requantisation, so its scale must be that of the products: within 0.02 output steps, as in
 * TFLite. */
static bool check_bias_scale(picket_prepare_t *op, const picket_convolution_t *tensors) {
    picket_real_t input, weights, output, bias;
    if (!picket_channel_scale(op, &tensors->input, 0, &input) || !picket_channel_scale(op, &tensors->filter, 0, &weights)
        || !picket_channel_scale(op, &tensors->output, 0, &output)
        || !picket_channel_scale(op, &tensors->bias, 0, &bias)) {
        return false;
    }
    const picket_real_t steps =
        picket_real_div(picket_real_difference(picket_real_mul(input, weights), bias), output);
    return picket_real_compare(steps, picket_real_div(picket_real_from_u32(2), picket_real_from_u32(100))) <= 0
        || picket_refuse_tensor(
               op, &tensors->bias, PICKET_ERROR_INVALID, "the bias has another scale than input times weights");
}

void picket_prepare_fully_connected(picket_prepare_t *op) {
    picket_convolution_t tensors;
    const picket_tensor_info_t *input = &tensors.input, *weights = &tensors.filter, *output = &tensors.output;
    if (!picket_read_layer(op, &tensors) || !picket_expect_rank(op, weights, 2)) {
        return;
    }
    if (picket_field_u8(op->reader, &op->options, FIELD_WEIGHTS_FORMAT, 0) != 0) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "shuffled weights are not supported");
        return;
    }
    const uint32_t outputs = (uint32_t)weights->dims[0];
    const uint32_t depth = (uint32_t)weights->dims[1];
    const uint32_t batches = input->elements / depth;
    if (output->rank < 1 || input->elements % depth != 0) {
        picket_refuse_tensor(op, input, PICKET_ERROR_INVALID, "the input does not fit the weights");
        return;
    }
    if (batches > PICKET_MAX_ELEMENTS / outputs || !picket_expect_dim(op, output, output->rank - 1, (int32_t)outputs)
        || !picket_expect_elements(op, output, batches * outputs)) {
        picket_refuse_tensor(op, output, PICKET_ERROR_INVALID, "the output does not fit the weights");
        return;
    }
    picket_real_t scale;
    int32_t input_zero_point, output_zero_point, min, max;
    if (!picket_check_channels(op, &tensors, outputs, 0) || !picket_quantization(op, input, &scale, &input_zero_point)
        || !picket_quantization(op, output, &scale, &output_zero_point)
        || !picket_activation_range(
            op, picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0), output, &min, &max)) {
        return;
    }

    const bool wide = picket_is_wide(&tensors), packed = picket_is_packed(&tensors);
    const bool per_channel = weights->scales.count > 1;
    if (packed && per_channel) {
        picket_refuse_tensor(op, weights, PICKET_ERROR_UNSUPPORTED, "weights of int4 need one scale");
        return;
    }
    picket_fully_connected_params_t *layer = (picket_fully_connected_params_t *)picket_use_params(
        op, wide ? sizeof(picket_wide_fully_connected_params_t) : sizeof *layer);
    layer->batches = batches;
    layer->depth = depth;
    layer->outputs = outputs;
    layer->input_zero_point = (int16_t)input_zero_point;
    layer->output_zero_point = (int16_t)output_zero_point;
    layer->output_min = (int16_t)min;
    layer->output_max = (int16_t)max;
    layer->per_channel = per_channel;
    picket_use_tensor(op, input);
    picket_use_tensor(op, weights);
    if (tensors.has_bias) {
        picket_use_tensor(op, &tensors.bias);
    } else {
        picket_use_nothing(op);
    }
    picket_use_tensor(op, output);
    if (!per_channel && tensors.has_bias && !check_bias_scale(op, &tensors)) {
        return;
    }
    picket_wide_sums_t sums = {0, 0};
    if (wide) {
        if (!picket_prepare_wide_sums(op, &tensors, PICKET_INT32, FIELD_BIAS_TYPE, depth, &sums)) {
            return;
        }
        ((picket_wide_fully_connected_params_t *)(void *)layer)->sums = sums;
    }
    bool narrow = depth < PICKET_NARROW_SUM / PICKET_NARROW_PRODUCT;
    uint8_t *table = per_channel ? picket_use_table(op, 5 * outputs) : NULL;
    for (uint32_t i = 0; i < outputs; i++) {
        int32_t multiplier_q31, shift;
        if (!picket_channel_multiplier(op, &tensors, i, &multiplier_q31, &shift)) {
            return;
        }
        if (wide && !picket_wide_multiplier(op, sums, &multiplier_q31, shift)) {
            return;
        }
        narrow &= picket_is_narrow_shift(shift)
            && (wide || !tensors.has_bias || picket_is_narrow_bias(picket_constant_i32(op, &tensors.bias, i)));
        if (!per_channel) {
            layer->multiplier_q31 = multiplier_q31;
            layer->shift = (int8_t)shift;
        } else if (table) {
            ((int32_t *)table)[i] = multiplier_q31;
            ((int8_t *)((int32_t *)table + outputs))[i] = (int8_t)shift;
        }
    }
    op->kernel =
        narrow && !PICKET_PLAIN_KERNELS ? PICKET_KERNEL_fully_connected_i8_blocked : PICKET_KERNEL_fully_connected_i8;
    if (packed) {
        op->kernel = PICKET_INT4_KERNEL(fully_connected_i4);
    } else if (wide) {
        op->kernel = PICKET_INT16_KERNEL(fully_connected_i16);
    }
}
