#include "sigmoid_scale.h"

void picket_prepare_logistic(picket_prepare_t *op) {
    enum { INTEGER_BITS = 4 }; /* of the scaled input */
    picket_unary_t unary;
    if (!picket_prepare_unary(op, &unary, PICKET_TYPE_INT16)) {
        return;
    }
    if (PICKET_TYPE_INT16 && unary.wide) {
        if (picket_prepare_sigmoid(op, &unary, 0)) {
            op->kernel = PICKET_INT16_KERNEL(logistic_i16);
        }
        return;
    }
    if (unary.output_zero_point != INT8_MIN) {
        picket_refuse_tensor(op, &unary.output, PICKET_ERROR_INVALID, "LOGISTIC needs an output of zero point -128");
        return;
    }
    picket_logistic_params_t *logistic = (picket_logistic_params_t *)picket_use_params(op, sizeof *logistic);
    if (!picket_multiplier(
            op, picket_real_scale(unary.input_scale, 31 - INTEGER_BITS), &logistic->multiplier_q31,
            &logistic->shift)) {
        return;
    }
    if (logistic->shift < 0 || logistic->multiplier_q31 == 0) {
        picket_refuse_tensor(op, &unary.input, PICKET_ERROR_INVALID, "the input's scale is too small for LOGISTIC");
        return;
    }
    logistic->elements = unary.input.elements;
    logistic->zero_point = unary.input_zero_point;
    logistic->radius = (int32_t)((((1u << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> logistic->shift);
    op->kernel = PICKET_KERNEL_logistic_i8;
}
