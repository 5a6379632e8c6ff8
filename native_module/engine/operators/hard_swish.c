#include "unary.h"

enum { MAX_RIGHT_SHIFT = 15 }; /* of a number of 16 bits */

/* A multiplier of 16 bits, rounded from one of 32. */
static bool multiplier_q15(picket_prepare_t *op, picket_real_t real, int16_t *multiplier, int8_t *exponent) {
    int32_t multiplier_q31, shift;
    if (!picket_multiplier(op, real, &multiplier_q31, &shift)) {
        return false;
    }
    if (shift < -MAX_RIGHT_SHIFT || multiplier_q31 == 0) {
        return picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the input's scale is too small for HARD_SWISH");
    }
    const int32_t rounded = (multiplier_q31 >> 16) + (multiplier_q31 >> 15 & 1);
    *multiplier = (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded);
    *exponent = (int8_t)shift;
    return true;
}

void picket_prepare_hard_swish(picket_prepare_t *op) {
    picket_unary_t unary;
    if (!picket_prepare_unary(op, &unary, false)) {
        return;
    }
    picket_hard_swish_params_t *swish = (picket_hard_swish_params_t *)picket_use_params(op, sizeof *swish);
    /* Inputs are computed with 7 more bits, and 3.0 is represented by 32768. */
    const picket_real_t fine_scale = picket_real_scale(unary.input_scale, -7);
    const picket_real_t reluish_scale = picket_real_scale(picket_real_from_u32(3), -15);
    if (!multiplier_q15(
            op, picket_real_div(fine_scale, unary.output_scale), &swish->output_multiplier_q15, &swish->output_shift)
        || !multiplier_q15(
            op, picket_real_div(fine_scale, reluish_scale), &swish->reluish_multiplier_q15, &swish->reluish_shift)) {
        return;
    }
    if (swish->output_shift > 0) {
        picket_refuse_tensor(
            op, &unary.output, PICKET_ERROR_INVALID, "the output's scale is too small for HARD_SWISH");
        return;
    }
    swish->elements = unary.input.elements;
    swish->input_zero_point = (int16_t)unary.input_zero_point;
    swish->output_zero_point = (int16_t)unary.output_zero_point;
    op->kernel = PICKET_KERNEL_hard_swish_i8;
}
