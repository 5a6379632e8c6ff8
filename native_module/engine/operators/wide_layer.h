/* What layers with int16 activations and int8 weights have in common at load: CONV_2D, DEPTHWISE_CONV_2D,
 * FULLY_CONNECTED, TRANSPOSE_CONV. */
#ifndef PICKET_WIDE_LAYER_H
#define PICKET_WIDE_LAYER_H

#include "convolution.h"

/*
 * Check the zero points, the bias and that sums fit (wide.h), and say how the layer sums. Biases are int64 or
 * other_bias; bias_option is the number of the option that says what a layer without bias sums in, -1 where it always
 * is 64 bits. depth is the number of products in a sum. False after a fault.
 */
bool picket_prepare_wide_sums(
    picket_prepare_t *op, const picket_convolution_t *layer, picket_type_t other_bias, int32_t bias_option,
    uint32_t depth, picket_wide_sums_t *sums);

/* Check that so many products fit in a sum; that the elements of a constant bias of int64 fit beside them. */
bool picket_expect_wide_depth(picket_prepare_t *op, uint32_t depth);
bool picket_expect_wide_bias(picket_prepare_t *op, const picket_tensor_info_t *bias);

/* Bring a channel's multiplier_q31 to the 16 bits that sums of 64 bits are scaled by. */
bool picket_wide_multiplier(picket_prepare_t *op, picket_wide_sums_t sums, int32_t *multiplier, int32_t shift);

/*
 * A convolution of int16 whose parameters (picket_wide_conv_params_t) are filled in but for the sums: the rest, and its
 * memory: input, filter, output, tables, bias or nothing. channel_axis is that of the filter's scales.
 */
void picket_finish_wide_convolution(
    picket_prepare_t *op, const picket_convolution_t *convolution, picket_type_t other_bias, int32_t bias_option,
    int32_t channel_axis, uint32_t depth);

#endif
