/* What layers with weights have in common at load: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED. */
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

/* Whether a layer has int16 activations, or weights of int4. In a build without the type the compiler shall know at once
 * that it hasn't, or it keeps what nobody can reach: so these are macros. */
#define picket_is_wide(layer) (PICKET_TYPE_INT16 && (layer)->input.type == PICKET_INT16)
#define picket_is_packed(layer) (PICKET_TYPE_INT4 && (layer)->filter.type == PICKET_INT4)

/* Check the types of input, weights and output, and that the weights are constant. */
static inline bool picket_expect_layer_types(picket_prepare_t *op, const picket_convolution_t *layer) {
    const picket_type_t activations = picket_is_wide(layer) ? PICKET_INT16 : PICKET_INT8;
    const picket_type_t weights = picket_is_packed(layer) && !picket_is_wide(layer) ? PICKET_INT4 : PICKET_INT8;
    return picket_expect_type(op, &layer->input, (int32_t)activations)
        && picket_expect_type(op, &layer->filter, (int32_t)weights)
        && picket_expect_type(op, &layer->output, (int32_t)activations)
        && picket_expect_constant(op, &layer->filter);
}

/* Read the tensors and check their types, and that the weights are constant. */
bool picket_read_layer(picket_prepare_t *op, picket_convolution_t *layer);

/* Check the bias, if there is one (of int16 layers but for its type), and the weights' scales (one, or one per output
 * channel along channel_axis) and zero points. */
bool picket_check_channels(
    picket_prepare_t *op, const picket_convolution_t *layer, uint32_t channels, int32_t channel_axis);

/* The multiplier of one channel: input scale times weights' scale by the output's scale. */
bool picket_channel_multiplier(
    picket_prepare_t *op, const picket_convolution_t *layer, uint32_t channel, int32_t *multiplier_q31, int32_t *shift);

/*
 * Read the tensors and check what both kinds of convolution demand of them, read the options and fill in all parameters
 * but filter_channels; those of int16 (picket_wide_conv_params_t) begin with the same. Returns NULL after a fault.
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
 * Check bias, scales and all channels, and say whether the layer is narrow (narrow.h). depth is the number of products in a sum. False after a fault, and always in a build with
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
