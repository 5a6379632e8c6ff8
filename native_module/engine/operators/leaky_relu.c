#include "unary.h"

enum { FIELD_ALPHA = 0 };

void picket_prepare_leaky_relu(picket_prepare_t *op) {
    picket_unary_t unary;
    picket_real_t alpha;
    if (!picket_prepare_unary(op, &unary, true)) {
        return;
    }
    /* alpha may be negative; its sign goes beside the multiplier. */
    const uint32_t alpha_bits = picket_field_u32(op->reader, &op->options, FIELD_ALPHA, 0);
    if (!picket_real_from_f32(alpha_bits & 0x7fffffff, &alpha)) {
        picket_refuse(op, PICKET_ERROR_INVALID, "alpha is not a finite number");
        return;
    }
    picket_leaky_relu_params_t *relu = (picket_leaky_relu_params_t *)picket_use_params(op, sizeof *relu);
    const picket_real_t scaled = picket_real_mul(unary.input_scale, alpha);
    int32_t positive_shift, negative_shift;
    if (!picket_multiplier(
            op, picket_real_div(unary.input_scale, unary.output_scale), &relu->positive_multiplier_q31,
            &positive_shift)
        || !picket_multiplier(
            op, picket_real_div(scaled, unary.output_scale), &relu->negative_multiplier_q31, &negative_shift)) {
        return;
    }
    relu->elements = unary.input.elements;
    relu->positive_shift = (int8_t)positive_shift;
    relu->negative_shift = (int8_t)negative_shift;
    relu->alpha_is_negative = (uint8_t)(alpha_bits >> 31);
    relu->input_zero_point = (int16_t)unary.input_zero_point;
    relu->output_zero_point = (int16_t)unary.output_zero_point;
    relu->wide = unary.wide;
    op->kernel = PICKET_KERNEL_leaky_relu_int;
}
