#include "../blocks.h"
#include "../int4.h"
#include "wide_layer.h"

void picket_prepare_conv_2d(picket_prepare_t *op) {
    const picket_convolution_fields_t fields = {
        .padding = 0,
        .stride_width = 1,
        .stride_height = 2,
        .activation = 3,
        .dilation_width = 4,
        .dilation_height = 5};
    picket_convolution_t convolution;
    picket_conv_params_t *conv = picket_prepare_convolution(op, &convolution, &fields);
    if (!conv) {
        return;
    }
    const picket_tensor_info_t *filter = &convolution.filter;
    const int32_t input_channels = convolution.input.dims[3];
    const int32_t output_channels = convolution.output.dims[3];
    /* Fewer channels in the filter than in the input mean groups; each makes an equal share of the outputs. */
    const int32_t group_channels = filter->dims[3];
    if (group_channels > input_channels || input_channels % group_channels != 0
        || output_channels % (input_channels / group_channels) != 0) {
        picket_refuse_tensor(op, filter, PICKET_ERROR_INVALID, "the filter's channels do not divide the input's");
        return;
    }
    if (!picket_expect_dim(op, filter, 0, output_channels)) {
        return;
    }
    conv->filter_channels = (uint16_t)group_channels;
    const uint32_t depth = (uint32_t)(filter->dims[1] * filter->dims[2] * group_channels);
    if (picket_is_wide(&convolution)) {
        enum { FIELD_BIAS_TYPE = 6 };
        op->kernel = PICKET_INT16_KERNEL(conv_2d_i16);
        picket_finish_wide_convolution(op, &convolution, PICKET_INT32, FIELD_BIAS_TYPE, 0, depth);
        return;
    }
    const bool packed = picket_is_packed(&convolution);
    const bool grouped = group_channels != input_channels;
    const bool blocked = picket_is_narrow(op, &convolution, 0, depth) && !(packed && grouped);
    op->kernel = PICKET_KERNEL_conv_2d_i8;
    if (packed) {
        op->kernel = blocked ? PICKET_INT4_KERNEL(conv_2d_i4_blocked) : PICKET_INT4_KERNEL(conv_2d_i4);
    } else if (blocked) {
        op->kernel = grouped ? PICKET_KERNEL_conv_2d_i8_grouped : PICKET_KERNEL_conv_2d_i8_blocked;
    }
    picket_use_tensor(op, &convolution.input);
    picket_use_tensor(op, filter);
    picket_use_tensor(op, &convolution.output);
    picket_use_channels(op, &convolution, 0, depth, blocked ? PICKET_CHANNELS_FOLDED : PICKET_CHANNELS_PLAIN);
    const uint32_t filter_size = (uint32_t)(filter->dims[1] * filter->dims[2]);
    if (packed) {
        picket_use_scratch(op, blocked ? picket_packed_scratch(filter_size, depth) : filter->elements);
    } else if (blocked) {
        picket_use_scratch(op, picket_blocks_scratch(filter_size, (uint32_t)group_channels));
    }
}
