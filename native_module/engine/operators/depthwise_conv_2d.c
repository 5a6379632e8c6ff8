#include "../blocks.h"
#include "wide_layer.h"

void picket_prepare_depthwise_conv_2d(picket_prepare_t *op) {
    const picket_convolution_fields_t fields = {
        .padding = 0,
        .stride_width = 1,
        .stride_height = 2,
        .activation = 4,
        .dilation_width = 5,
        .dilation_height = 6};
    picket_convolution_t convolution;
    picket_conv_params_t *conv = picket_prepare_convolution(op, &convolution, &fields);
    if (!conv) {
        return;
    }
    const picket_tensor_info_t *filter = &convolution.filter;
    const int32_t input_channels = convolution.input.dims[3];
    const int32_t output_channels = convolution.output.dims[3];
    if (output_channels % input_channels != 0) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the output's channels are not a multiple of the input's");
        return;
    }
    const int32_t depth_multiplier = picket_field_i32(op->reader, &op->options, 3, 0);
    if (depth_multiplier != output_channels / input_channels) {
        picket_fail_values(
            op->reader, PICKET_ERROR_INVALID, "the depth multiplier", depth_multiplier,
            output_channels / input_channels);
        return;
    }
    if (!picket_expect_dim(op, filter, 0, 1) || !picket_expect_dim(op, filter, 3, output_channels)) {
        return;
    }
    conv->filter_channels = (uint16_t)depth_multiplier;
    const uint32_t depth = (uint32_t)(filter->dims[1] * filter->dims[2]);
    const bool is_3x3 = depth_multiplier == 1 && filter->dims[1] == 3 && filter->dims[2] == 3
        && conv->dilation_height == 1 && conv->dilation_width == 1 && conv->stride_width <= 2;
    if (picket_is_wide(&convolution)) {
        op->kernel = PICKET_INT16_KERNEL(depthwise_conv_2d_i16);
        picket_finish_wide_convolution(op, &convolution, PICKET_INT64, -1, 3, depth);
        return;
    }
    const bool packed = picket_is_packed(&convolution);
    picket_channels_form_t form = PICKET_CHANNELS_FOLDED;
    bool patches = false; /* of the input are copied to scratch memory */
    if (!picket_is_narrow(op, &convolution, 3, depth)) {
        op->kernel = PICKET_KERNEL_depthwise_conv_2d_i8;
        form = PICKET_CHANNELS_PLAIN;
    } else if (input_channels == 1 && !packed) {
        op->kernel = PICKET_KERNEL_depthwise_conv_2d_i8_one_input;
        patches = true;
    } else if (is_3x3 && !packed) {
        op->kernel = PICKET_KERNEL_depthwise_conv_2d_i8_3x3;
    } else {
        op->kernel = PICKET_KERNEL_depthwise_conv_2d_i8_blocked;
        form = PICKET_CHANNELS_NARROW;
    }
    if (packed) {
        op->kernel = form == PICKET_CHANNELS_PLAIN ? PICKET_INT4_KERNEL(depthwise_conv_2d_i4)
                                                   : PICKET_INT4_KERNEL(depthwise_conv_2d_i4_blocked);
    }
    picket_use_tensor(op, &convolution.input);
    picket_use_tensor(op, filter);
    picket_use_tensor(op, &convolution.output);
    picket_use_channels(op, &convolution, 3, depth, form);
    if (patches) {
        picket_use_scratch(op, picket_blocks_scratch(depth, 1));
    } else if (packed) {
        picket_use_scratch(op, filter->elements);
    }
}
