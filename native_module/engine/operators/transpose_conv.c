#include "wide_layer.h"

enum { FIELD_PADDING = 0, FIELD_STRIDE_WIDTH = 1, FIELD_STRIDE_HEIGHT = 2, FIELD_ACTIVATION = 3 };

/* The first input is the output's shape, which the file fixes. */
static bool read_tensors(picket_prepare_t *op, picket_convolution_t *convolution) {
    const picket_tensor_info_t *input = &convolution->input;
    const picket_tensor_info_t *filter = &convolution->filter;
    const picket_tensor_info_t *output = &convolution->output;
    if (!picket_expect_counts(op, 3, 4, 1) || !picket_input_info(op, 1, &convolution->filter)
        || !picket_input_info(op, 2, &convolution->input) || !picket_output_info(op, 0, &convolution->output)) {
        return false;
    }
    convolution->has_bias = picket_optional_input(op, 3, &convolution->bias);
    if (picket_is_packed(convolution)) {
        return picket_expect_type(op, filter, PICKET_INT8);
    }
    return picket_expect_layer_types(op, convolution) && picket_expect_rank(op, input, 4) && picket_expect_rank(op, filter, 4) && picket_expect_rank(op, output, 4)
        && picket_expect_dim(op, output, 0, input->dims[0]) && picket_expect_dim(op, filter, 0, output->dims[3])
        && picket_expect_dim(op, filter, 3, input->dims[3]);
}

void picket_prepare_transpose_conv(picket_prepare_t *op) {
    picket_convolution_t convolution;
    const picket_tensor_info_t *input = &convolution.input;
    const picket_tensor_info_t *filter = &convolution.filter;
    const picket_tensor_info_t *output = &convolution.output;
    picket_reader_t *reader = op->reader;
    if (!read_tensors(op, &convolution)) {
        return;
    }
    if (input->dims[0] > 0x7fff || input->dims[3] > 0x7fff || output->dims[3] > 0x7fff) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "too many channels or images");
        return;
    }
    const uint32_t padding = picket_field_u8(reader, &op->options, FIELD_PADDING, 0);
    const int32_t stride_height = picket_field_i32(reader, &op->options, FIELD_STRIDE_HEIGHT, 0);
    const int32_t stride_width = picket_field_i32(reader, &op->options, FIELD_STRIDE_WIDTH, 0);
    const uint32_t activation = picket_field_u8(reader, &op->options, FIELD_ACTIVATION, 0);
    int32_t top, left, min, max, input_zero_point, output_zero_point;
    picket_real_t scale;
    /* The windows are those of the convolution that makes an image of the input's size from one of the output's. */
    if (!picket_window(op, padding, output->dims[1], filter->dims[1], stride_height, 1, input->dims[1], &top)
        || !picket_window(op, padding, output->dims[2], filter->dims[2], stride_width, 1, input->dims[2], &left)
        || !picket_activation_range(op, activation, output, &min, &max)
        || !picket_quantization(op, input, &scale, &input_zero_point)
        || !picket_quantization(op, output, &scale, &output_zero_point)) {
        return;
    }
    picket_conv_params_t *conv = (picket_conv_params_t *)picket_use_params(
        op, picket_is_wide(&convolution) ? sizeof(picket_wide_conv_params_t) : sizeof *conv);
    conv->batches = (uint16_t)input->dims[0];
    conv->input_height = (uint16_t)input->dims[1];
    conv->input_width = (uint16_t)input->dims[2];
    conv->input_channels = conv->filter_channels = (uint16_t)input->dims[3];
    conv->output_height = (uint16_t)output->dims[1];
    conv->output_width = (uint16_t)output->dims[2];
    conv->output_channels = (uint16_t)output->dims[3];
    conv->filter_height = (uint16_t)filter->dims[1];
    conv->filter_width = (uint16_t)filter->dims[2];
    conv->stride_height = (uint16_t)stride_height;
    conv->stride_width = (uint16_t)stride_width;
    conv->pad_top = (uint16_t)top;
    conv->pad_left = (uint16_t)left;
    conv->input_zero_point = (int16_t)input_zero_point;
    conv->output_zero_point = (int16_t)output_zero_point;
    conv->output_min = (int16_t)min;
    conv->output_max = (int16_t)max;
    const uint32_t depth = (uint32_t)(filter->dims[1] * filter->dims[2] * filter->dims[3]);
    if (picket_is_wide(&convolution)) {
        op->kernel = PICKET_INT16_KERNEL(transpose_conv_i16);
        picket_finish_wide_convolution(op, &convolution, PICKET_INT16, -1, 0, depth);
        return;
    }
    picket_is_narrow(op, &convolution, 0, depth); /* checks the scales; there is no narrow kernel */
    if (picket_failed(reader)) {
        return;
    }
    op->kernel = PICKET_KERNEL_transpose_conv_i8;
    picket_use_tensor(op, input);
    picket_use_tensor(op, filter);
    picket_use_tensor(op, output);
    picket_use_channels(op, &convolution, 0, depth, PICKET_CHANNELS_PLAIN);
}
