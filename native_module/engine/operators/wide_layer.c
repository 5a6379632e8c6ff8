#include "wide_layer.h"

#include "../wide.h"

bool picket_expect_wide_depth(picket_prepare_t *op, uint32_t depth) {
    return depth <= 1u << (PICKET_WIDE_SUM_BITS - 1 - PICKET_WIDE_PRODUCT_BITS)
        || picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "too many weights for one output of int16");
}

bool picket_expect_wide_bias(picket_prepare_t *op, const picket_tensor_info_t *bias) {
    const picket_vector_t words = {bias->data_position, 2 * bias->elements};
    for (uint32_t i = 0; i < bias->elements; i++) {
        /* Within 2^45 if the bits from there on are all the sign's. */
        const int32_t top = picket_vector_i32(op->reader, &words, 2 * i + 1) >> (PICKET_WIDE_SUM_BITS - 1 - 32);
        if (top != 0 && top != -1) {
            return picket_refuse_tensor(op, bias, PICKET_ERROR_INVALID, "a bias of int64 is out of range");
        }
    }
    return true;
}

bool picket_prepare_wide_sums(
    picket_prepare_t *op, const picket_convolution_t *layer, picket_type_t other_bias, int32_t bias_option,
    uint32_t depth, picket_wide_sums_t *sums) {
    const picket_tensor_info_t *bias = &layer->bias;
    picket_real_t scale;
    int32_t input_zero_point, output_zero_point;
    if (!picket_quantization(op, &layer->input, &scale, &input_zero_point)
        || !picket_quantization(op, &layer->output, &scale, &output_zero_point)) {
        return false;
    }
    if (input_zero_point != 0 || output_zero_point != 0) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "int16 needs zero points of 0");
    }
    if (!picket_expect_wide_depth(op, depth)) {
        return false;
    }
    if (layer->has_bias) {
        if (bias->type != other_bias && !picket_expect_type(op, bias, PICKET_INT64)) {
            return false;
        }
        sums->bias_bytes = (uint8_t)picket_type_bytes((int32_t)bias->type);
        sums->of_32_bits = bias->type == PICKET_INT32;
        return bias->type != PICKET_INT64 || picket_expect_wide_bias(op, bias);
    }
    sums->of_32_bits = bias_option >= 0
        && picket_field_u8(op->reader, &op->options, (uint32_t)bias_option, PICKET_FLOAT32) == PICKET_INT32;
    return !picket_failed(op->reader);
}

bool picket_wide_multiplier(picket_prepare_t *op, picket_wide_sums_t sums, int32_t *multiplier, int32_t shift) {
    enum { MAX_SHIFT = 7, LARGEST_Q15 = 0x7fff };
    if (sums.of_32_bits) {
        return true;
    }
    if (shift > MAX_SHIFT) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "the scales are too far apart");
    }
    /* Rounded; the largest stay below 1. */
    *multiplier = *multiplier < LARGEST_Q15 << 16 ? (*multiplier + (1 << 15)) >> 16 : LARGEST_Q15;
    return true;
}

void picket_finish_wide_convolution(
    picket_prepare_t *op, const picket_convolution_t *convolution, picket_type_t other_bias, int32_t bias_option,
    int32_t channel_axis, uint32_t depth) {
    const uint32_t channels = (uint32_t)convolution->output.dims[3];
    picket_wide_sums_t sums = {0, 0};
    if (!picket_check_channels(op, convolution, channels, channel_axis)
        || !picket_prepare_wide_sums(op, convolution, other_bias, bias_option, depth, &sums)) {
        return;
    }
    ((picket_wide_conv_params_t *)(void *)op->params.bytes)->sums = sums;
    picket_use_tensor(op, &convolution->input);
    picket_use_tensor(op, &convolution->filter);
    picket_use_tensor(op, &convolution->output);
    int32_t *multipliers = (int32_t *)(void *)picket_use_table(op, 5 * channels);
    for (uint32_t i = 0; i < channels; i++) {
        int32_t multiplier, shift;
        if (!picket_channel_multiplier(op, convolution, i, &multiplier, &shift)
            || !picket_wide_multiplier(op, sums, &multiplier, shift)) {
            return;
        }
        if (multipliers) {
            multipliers[i] = multiplier;
            ((int8_t *)(multipliers + channels))[i] = (int8_t)shift;
        }
    }
    if (convolution->has_bias) {
        picket_use_tensor(op, &convolution->bias);
    } else {
        picket_use_nothing(op);
    }
}
