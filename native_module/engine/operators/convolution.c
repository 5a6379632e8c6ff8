#include "convolution.h"

#include "../int4.h"
#include "../narrow.h"

bool picket_read_layer(picket_prepare_t *op, picket_convolution_t *layer) {
    if (!picket_expect_counts(op, 2, 3, 1) || !picket_input_info(op, 0, &layer->input)
        || !picket_input_info(op, 1, &layer->filter) || !picket_output_info(op, 0, &layer->output)) {
        return false;
    }
    layer->has_bias = picket_optional_input(op, 2, &layer->bias);
    return picket_expect_layer_types(op, layer);
}

bool picket_check_channels(
    picket_prepare_t *op, const picket_convolution_t *layer, uint32_t channels, int32_t channel_axis) {
    const picket_tensor_info_t *filter = &layer->filter;
    if (layer->has_bias
        && ((!picket_is_wide(layer) && !picket_expect_type(op, &layer->bias, PICKET_INT32))
            || !picket_expect_constant(op, &layer->bias)
            || !picket_expect_elements(op, &layer->bias, channels))) {
        return false;
    }
    if (filter->scales.count != 1 && (filter->scales.count != channels || filter->channel_axis != channel_axis)) {
        return picket_refuse_tensor(
            op, filter, PICKET_ERROR_INVALID, "the weights need one scale, or one for each output");
    }
    for (uint32_t i = 0; i < filter->zero_points.count; i++) {
        if (picket_vector_i64(op->reader, &filter->zero_points, i) != 0) {
            return picket_refuse_tensor(op, filter, PICKET_ERROR_UNSUPPORTED, "the weights' zero points must be 0");
        }
    }
    return true;
}

bool picket_channel_multiplier(
    picket_prepare_t *op, const picket_convolution_t *layer, uint32_t channel, int32_t *multiplier_q31, int32_t *shift) {
    picket_real_t product, scale;
    if (!picket_channel_scale(op, &layer->input, 0, &product)
        || !picket_channel_scale(op, &layer->filter, layer->filter.scales.count == 1 ? 0 : channel, &scale)) {
        return false;
    }
    product = picket_real_mul(product, scale);
    return picket_channel_scale(op, &layer->output, 0, &scale)
        && picket_multiplier(op, picket_real_div(product, scale), multiplier_q31, shift);
}

picket_conv_params_t *picket_prepare_convolution(
    picket_prepare_t *op, picket_convolution_t *convolution, const picket_convolution_fields_t *fields) {
    picket_tensor_info_t *input = &convolution->input;
    picket_tensor_info_t *filter = &convolution->filter;
    picket_tensor_info_t *output = &convolution->output;
    picket_reader_t *reader = op->reader;
    if (!picket_read_layer(op, convolution) || !picket_expect_rank(op, input, 4) || !picket_expect_rank(op, filter, 4)
        || !picket_expect_rank(op, output, 4) || !picket_expect_dim(op, output, 0, input->dims[0])) {
        return NULL;
    }
    if (input->dims[0] > 0x7fff || input->dims[3] > 0x7fff || output->dims[3] > 0x7fff) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "too many channels or images");
        return NULL;
    }

    const uint32_t padding = picket_field_u8(reader, &op->options, fields->padding, 0);
    const int32_t stride_height = picket_field_i32(reader, &op->options, fields->stride_height, 0);
    const int32_t stride_width = picket_field_i32(reader, &op->options, fields->stride_width, 0);
    const int32_t dilation_height = picket_field_i32(reader, &op->options, fields->dilation_height, 1);
    const int32_t dilation_width = picket_field_i32(reader, &op->options, fields->dilation_width, 1);
    const uint32_t activation = picket_field_u8(reader, &op->options, fields->activation, 0);
    int32_t top, left, min, max, input_zero_point, output_zero_point;
    picket_real_t scale;
    if (picket_failed(reader)
        || !picket_window(
            op, padding, input->dims[1], filter->dims[1], stride_height, dilation_height, output->dims[1], &top)
        || !picket_window(
            op, padding, input->dims[2], filter->dims[2], stride_width, dilation_width, output->dims[2], &left)
        || !picket_activation_range(op, activation, output, &min, &max)
        || !picket_quantization(op, input, &scale, &input_zero_point)
        || !picket_quantization(op, output, &scale, &output_zero_point)) {
        return NULL;
    }

    picket_conv_params_t *conv = (picket_conv_params_t *)picket_use_params(
        op, picket_is_wide(convolution) ? sizeof(picket_wide_conv_params_t) : sizeof *conv);
    conv->batches = (uint16_t)input->dims[0];
    conv->input_height = (uint16_t)input->dims[1];
    conv->input_width = (uint16_t)input->dims[2];
    conv->input_channels = (uint16_t)input->dims[3];
    conv->output_height = (uint16_t)output->dims[1];
    conv->output_width = (uint16_t)output->dims[2];
    conv->output_channels = (uint16_t)output->dims[3];
    conv->filter_height = (uint16_t)filter->dims[1];
    conv->filter_width = (uint16_t)filter->dims[2];
    conv->stride_height = (uint16_t)stride_height;
    conv->stride_width = (uint16_t)stride_width;
    conv->dilation_height = (uint16_t)dilation_height;
    conv->dilation_width = (uint16_t)dilation_width;
    conv->pad_top = (uint16_t)top;
    conv->pad_left = (uint16_t)left;
    conv->input_zero_point = (int16_t)input_zero_point;
    conv->output_zero_point = (int16_t)output_zero_point;
    conv->output_min = (int16_t)min;
    conv->output_max = (int16_t)max;
    return conv;
}

typedef struct {
    int32_t bias;
    int32_t multiplier_q31;
    int32_t shift;
} channel_t;

static bool read_channel(
    picket_prepare_t *op, const picket_convolution_t *convolution, uint32_t index, channel_t *channel) {
    channel->bias = convolution->has_bias ? picket_constant_i32(op, &convolution->bias, index) : 0;
    return picket_channel_multiplier(op, convolution, index, &channel->multiplier_q31, &channel->shift);
}

bool picket_is_narrow(
    picket_prepare_t *op, const picket_convolution_t *convolution, int32_t channel_axis, uint32_t depth) {
    const uint32_t count = (uint32_t)convolution->output.dims[3];
    if (!picket_check_channels(op, convolution, count, channel_axis)) {
        return false;
    }
    bool narrow = depth < PICKET_NARROW_SUM / PICKET_NARROW_PRODUCT;
    for (uint32_t i = 0; i < count; i++) {
        channel_t channel;
        if (!read_channel(op, convolution, i, &channel)) {
            return false;
        }
        narrow &= picket_is_narrow_bias(channel.bias) && picket_is_narrow_shift(channel.shift);
    }
    return narrow && !PICKET_PLAIN_KERNELS;
}

/* The sum of depth weights, step after step from first on. */
static int32_t sum_of_weights(
    const picket_prepare_t *op, const picket_convolution_t *convolution, uint32_t first, uint32_t depth, uint32_t step) {
    const uint8_t *weights = op->reader->base + convolution->filter.data_position;
    int32_t sum = 0;
    for (uint32_t k = 0; k < depth; k++) {
        const uint32_t at = first + k * step;
        sum += picket_is_packed(convolution) ? picket_int4(weights, at) : ((const int8_t *)weights)[at];
    }
    return sum;
}

void picket_use_channels(
    picket_prepare_t *op, const picket_convolution_t *convolution, int32_t channel_axis, uint32_t depth,
    picket_channels_form_t form) {
    const uint32_t count = (uint32_t)convolution->output.dims[3];
    uint32_t *words = (uint32_t *)(void *)picket_use_table(op, count * PICKET_CHANNEL_BYTES);
    const int32_t zero_point = words ? picket_vector_i64(op->reader, &convolution->input.zero_points, 0) : 0;
    for (uint32_t i = 0; words && i < count; i++) {
        channel_t channel;
        if (!read_channel(op, convolution, i, &channel)) {
            return;
        }
        if (form == PICKET_CHANNELS_FOLDED) {
            channel.bias -= zero_point
                * (channel_axis == 0 ? sum_of_weights(op, convolution, i * depth, depth, 1)
                                     : sum_of_weights(op, convolution, i, depth, count));
        }
        if (form != PICKET_CHANNELS_PLAIN) {
            channel.multiplier_q31 = (int32_t)((uint32_t)channel.multiplier_q31 << 1);
            channel.shift = -channel.shift;
        }
        words[i] = (uint32_t)channel.bias;
        words[count + i] = (uint32_t)channel.multiplier_q31;
        ((int8_t *)(words + 2 * count))[i] = (int8_t)channel.shift;
    }
}
