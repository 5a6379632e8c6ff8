#include "sigmoid_scale.h"

void picket_prepare_logistic(picket_prepare_t *op) {
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
    picket_logistic_params_t *params = (picket_logistic_params_t *)picket_use_params(op, sizeof *params);
    if (picket_prepare_sigmoid_i8(op, &unary, params)) {
        op->kernel = PICKET_KERNEL_logistic_i8;
    }
}
