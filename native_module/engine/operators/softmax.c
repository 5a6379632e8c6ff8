#include "../kernels.h"

enum { FIELD_BETA = 0 };

void picket_prepare_softmax(picket_prepare_t *op) {
    enum { INTEGER_BITS = 5 }; /* of the scaled difference to the row's maximum */
    picket_tensor_info_t input, output;
    picket_real_t input_scale, output_scale, beta;
    int32_t zero_point;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &input, PICKET_INT8) || !picket_expect_type(op, &output, PICKET_INT8)
        || !picket_expect_same_shape(op, &output, &input) || !picket_quantization(op, &input, &input_scale, &zero_point)
        || !picket_quantization(op, &output, &output_scale, &zero_point)) {
        return;
    }
    if (zero_point != INT8_MIN
        || picket_real_compare(output_scale, picket_real_scale(picket_real_from_u32(1), -8)) != 0) {
        picket_refuse_tensor(
            op, &output, PICKET_ERROR_INVALID, "SOFTMAX needs an output of scale 1/256 and zero point -128");
        return;
    }
    if (input.rank < 1 || input.dims[input.rank - 1] > 4095) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_UNSUPPORTED, "SOFTMAX over more than 4095 values");
        return;
    }
    const uint32_t beta_bits = picket_field_u32(op->reader, &op->options, FIELD_BETA, 0);
    if (!picket_real_from_f32(beta_bits, &beta) || beta.mantissa == 0) {
        picket_refuse(op, PICKET_ERROR_INVALID, "beta is not a finite number above 0");
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
    op->kernel = PICKET_KERNEL_softmax_i8;
    picket_in_place(op, &input, &output);
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
