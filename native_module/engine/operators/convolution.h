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
 * Read the tensors and check what both kinds of convolution demand of them, read the options and fill in all parameters but filter_channels.
 * Returns NULL after a fault.
 */
picket_conv_params_t *picket_prepare_convolution(
    picket_prepare_t *op, picket_convolution_t *convolution, const picket_convolution_fields_t *fields);

/*
 * Check the filter's scales (one, or one per output channel along channel_axis), and write the channels' tables: bias, multiplier, shift.
 * The table is used as the kernel's next piece of memory.
 */
void picket_prepare_channels(picket_prepare_t *op, const picket_convolution_t *convolution, int32_t channel_axis);

#endif
