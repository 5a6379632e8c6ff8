#include "../kernels.h"
#include "../lookup.h"

enum { FIELD_BETA = 0 };

static bool read_beta(picket_prepare_t *op, picket_real_t *beta) {
    const uint32_t bits = picket_field_u32(op->reader, &op->options, FIELD_BETA, 0);
    return (picket_real_from_f32(bits, beta) && beta->mantissa != 0)
        || picket_refuse(op, PICKET_ERROR_INVALID, "beta is not a finite number above 0");
}

/* Whether a scale is 2^exponent, within a thousandth, as TFLite has it for int16. */
static bool is_about(picket_real_t scale, int32_t exponent) {
    const picket_real_t power = picket_real_scale(picket_real_from_u32(1), exponent);
    const picket_real_t off = picket_real_difference(scale, power);
    return picket_real_compare(picket_real_mul(off, picket_real_from_u32(1000)), power) <= 0;
}

/* From int16 to int16. */
static void prepare_wide(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output) {
    enum { LONGEST_ROW = 65536 }; /* so that the sum of its exponentials stays below 2^31 */
    picket_real_t input_scale, output_scale, beta;
    int32_t input_zero_point, output_zero_point;
    if (!picket_expect_type(op, output, PICKET_INT16)
        || !picket_quantization(op, input, &input_scale, &input_zero_point)
        || !picket_quantization(op, output, &output_scale, &output_zero_point)) {
        return;
    }
    if (input_zero_point != 0 || output_zero_point != 0) {
        picket_refuse(op, PICKET_ERROR_INVALID, "int16 needs zero points of 0");
        return;
    }
    if (!is_about(output_scale, -15)) {
        picket_refuse_tensor(op, output, PICKET_ERROR_INVALID, "int16 needs an output scale of 2^-15");
        return;
    }
    if (input->rank < 1 || input->dims[input->rank - 1] > LONGEST_ROW) {
        picket_refuse_tensor(op, input, PICKET_ERROR_UNSUPPORTED, "SOFTMAX over more than 65536 values");
        return;
    }
    /* Differences are scaled so that 10 is 65535. */
    const picket_real_t unit = picket_real_div(picket_real_from_u32(10), picket_real_from_u32(65535));
    picket_softmax_params_t *softmax = (picket_softmax_params_t *)picket_use_params(op, sizeof *softmax);
    if (!read_beta(op, &beta)
        || !picket_multiplier(
            op, picket_real_div(picket_real_mul(input_scale, beta), unit), &softmax->multiplier_q31,
            &softmax->left_shift)) {
        return;
    }
    softmax->depth = (uint32_t)input->dims[input->rank - 1];
    softmax->rows = input->elements / softmax->depth;
    op->kernel = PICKET_INT16_KERNEL(softmax_i16);
    picket_in_place(op, input, output);
    picket_use_tensor(op, input);
    picket_use_tensor(op, output);
    int16_t *points = (int16_t *)(void *)picket_use_table(op, PICKET_LOOKUP_POINTS * sizeof *points);
    for (uint32_t i = 0; points && i < PICKET_LOOKUP_POINTS; i++) {
        points[i] = (int16_t)picket_lookup_exp_point(i);
    }
}

void picket_prepare_softmax(picket_prepare_t *op) {
    enum { INTEGER_BITS = 5 }; /* of the scaled difference to the row's maximum */
    picket_tensor_info_t input, output;
    picket_real_t input_scale, output_scale, beta;
    int32_t zero_point;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &input, (int32_t)picket_activation_type(&input))
        || !picket_expect_type(op, &output, (int32_t)picket_activation_type(&output))
        || !picket_expect_same_shape(op, &output, &input)
        || !picket_quantization(op, &input, &input_scale, &zero_point)
        || !picket_quantization(op, &output, &output_scale, &zero_point)) {
        return;
    }
    const bool to_wide = picket_activation_type(&output) == PICKET_INT16;
    if (picket_activation_type(&input) == PICKET_INT16) {
        prepare_wide(op, &input, &output);
        return;
    }
    if (to_wide) {
        if (zero_point != INT16_MIN || !is_about(output_scale, -16)) {
            picket_refuse_tensor(
                op, &output, PICKET_ERROR_INVALID, "SOFTMAX to int16 needs a scale of 2^-16 and zero point -32768");
            return;
        }
    } else if (
        zero_point != INT8_MIN
        || picket_real_compare(output_scale, picket_real_scale(picket_real_from_u32(1), -8)) != 0) {
        picket_refuse_tensor(
            op, &output, PICKET_ERROR_INVALID, "SOFTMAX needs an output of scale 1/256 and zero point -128");
        return;
    }
    if (input.rank < 1 || input.dims[input.rank - 1] > 4095) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_UNSUPPORTED, "SOFTMAX over more than 4095 values");
        return;
    }
    if (!read_beta(op, &beta)) {
        return;
    }
    /* Differences are scaled to a number with INTEGER_BITS bits before the point; TFLite caps the multiplier below
     * 2^31. */
    picket_real_t multiplier = picket_real_scale(picket_real_mul(beta, input_scale), 31 - INTEGER_BITS);
    const picket_real_t cap = picket_real_from_u32(INT32_MAX);
    if (picket_real_compare(multiplier, cap) > 0) {
        multiplier = cap;
    }
    if (picket_real_compare(multiplier, picket_real_from_u32(1)) <= 0) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_INVALID, "the input's scale is too small for SOFTMAX");
        return;
    }
    picket_softmax_params_t *softmax = (picket_softmax_params_t *)picket_use_params(op, sizeof *softmax);
    if (!picket_real_to_multiplier(multiplier, &softmax->multiplier_q31, &softmax->left_shift)) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_INVALID, "the input's scale is out of range");
        return;
    }
    softmax->depth = (uint32_t)input.dims[input.rank - 1];
    softmax->rows = input.elements / softmax->depth;
    softmax->lowest_difference = -(int32_t)((((1u << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> softmax->left_shift);
    op->kernel = to_wide ? PICKET_INT16_KERNEL(softmax_i8_to_i16) : PICKET_KERNEL_softmax_i8;
    picket_in_place(op, &input, &output);
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
