#include "../kernels.h"

void picket_prepare_logistic(picket_prepare_t *op) {
    enum { INTEGER_BITS = 4 }; /* of the scaled input */
    picket_tensor_info_t input, output;
    picket_real_t input_scale, output_scale;
    int32_t zero_point, output_zero_point;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &input, PICKET_INT8) || !picket_expect_type(op, &output, PICKET_INT8)
        || !picket_expect_same_shape(op, &output, &input) || !picket_quantization(op, &input, &input_scale, &zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)) {
        return;
    }
    if (output_zero_point != INT8_MIN) {
        picket_refuse_tensor(op, &output, PICKET_ERROR_INVALID, "LOGISTIC needs an output of zero point -128");
        return;
    }
    picket_logistic_params_t *logistic = (picket_logistic_params_t *)picket_use_params(op, sizeof *logistic);
    if (!picket_multiplier(
            op, picket_real_scale(input_scale, 31 - INTEGER_BITS), &logistic->multiplier_q31, &logistic->shift)) {
        return;
    }
    if (logistic->shift < 0 || logistic->multiplier_q31 == 0) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_INVALID, "the input's scale is too small for LOGISTIC");
        return;
    }
    logistic->elements = input.elements;
    logistic->zero_point = zero_point;
    logistic->radius = (int32_t)((((1u << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> logistic->shift);
    op->kernel = PICKET_KERNEL_logistic_i8;
    picket_in_place(op, &input, &output);
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
