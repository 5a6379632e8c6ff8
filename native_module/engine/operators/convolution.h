/* What CONV_2D and DEPTHWISE_CONV_2D have in common at load. */
#ifndef PICKET_CONVOLUTION_H
#define PICKET_CONVOLUTION_H

#include "../kernels.h"
#include "../model.h"

typedef struct {
    picket_tensor_info_t input, filter, bias, output;
    bool has_bias;
} picket_convolution_t;

/* Numbers of the fields in the operator's options. */
typedef struct {
    uint8_t padding, stride_width, stride_height, activation, dilation_width, dilation_height;
} picket_convolution_fields_t;

/*
 * Read the tensors and check what both kinds of convolution demand of them, read the options and fill in all parameters
 * but filter_channels. Returns NULL after a fault.
 */
picket_conv_params_t *picket_prepare_convolution(
    picket_prepare_t *op, picket_convolution_t *convolution, const picket_convolution_fields_t *fields);

/* Which tables the channels get. */
typedef enum {
    PICKET_CHANNELS_PLAIN,  /* picket_channels_t */
    PICKET_CHANNELS_NARROW, /* picket_narrow_channels_t, the bias as the model has it */
    PICKET_CHANNELS_FOLDED  /* picket_narrow_channels_t, the input's zero point folded into the bias */
} picket_channels_form_t;

/*
 * Check the filter's scales (one, or one per output channel along channel_axis) and all channels, and say whether the
 * layer is narrow (narrow.h). depth is the number of products in a sum. False after a fault, and always in a build with
 * PICKET_PLAIN_KERNELS.
 */
bool picket_is_narrow(
    picket_prepare_t *op, const picket_convolution_t *convolution, int32_t channel_axis, uint32_t depth);

/* Use a table of the channels, of a layer that picket_is_narrow has seen. The filter is laid out [channel][depth] if
 * channel_axis is 0, else [depth][channel]. */
void picket_use_channels(
    picket_prepare_t *op, const picket_convolution_t *convolution, int32_t channel_axis, uint32_t depth,
    picket_channels_form_t form);

#endif
