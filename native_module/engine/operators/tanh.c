#include "sigmoid_scale.h"

void picket_prepare_tanh(picket_prepare_t *op) {
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
    picket_logistic_params_t *params = (picket_logistic_params_t *)picket_use_params(op, sizeof *params);
    if (picket_prepare_sigmoid_i8(op, &unary, params)) {
        op->kernel = PICKET_KERNEL_tanh_i8;
    }
}
