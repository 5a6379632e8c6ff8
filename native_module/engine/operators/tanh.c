#include "sigmoid_scale.h"

void picket_prepare_tanh(picket_prepare_t *op) {
    enum { INTEGER_BITS = 4 }; /* of the scaled input */
    picket_unary_t unary;
    if (!picket_prepare_unary(op, &unary, PICKET_TYPE_INT16)) {
        return;
    }
    if (PICKET_TYPE_INT16 && unary.wide) {
        if (picket_prepare_sigmoid(op, &unary, 1)) {
            op->kernel = PICKET_INT16_KERNEL(tanh_i16);
        }
        return;
    }
    picket_logistic_params_t *tanh = (picket_logistic_params_t *)picket_use_params(op, sizeof *tanh);
    if (!picket_multiplier(
            op, picket_real_scale(unary.input_scale, 31 - INTEGER_BITS), &tanh->multiplier_q31, &tanh->shift)) {
        return;
    }
    if (tanh->shift < 0 || tanh->multiplier_q31 == 0) {
        picket_refuse_tensor(op, &unary.input, PICKET_ERROR_INVALID, "the input's scale is too small for TANH");
        return;
    }
    tanh->elements = unary.input.elements;
    tanh->zero_point = unary.input_zero_point;
    tanh->radius = (int32_t)((((1u << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> tanh->shift);
    op->kernel = PICKET_KERNEL_tanh_i8;
}
