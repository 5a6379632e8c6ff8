#include "../broadcast.h"
#include "../kernels.h"

enum { FIELD_ACTIVATION = 0 };

/* A multiplier below 1, as ADD's are. */
static bool fraction(picket_prepare_t *op, picket_real_t real, int32_t *multiplier_q31, int8_t *shift) {
    int32_t exponent;
    if (!picket_multiplier(op, real, multiplier_q31, &exponent)) {
        return false;
    }
    *shift = (int8_t)exponent;
    return exponent <= 0 || picket_refuse(op, PICKET_ERROR_INVALID, "the output's scale is too small for the inputs'");
}

void picket_prepare_add(picket_prepare_t *op) {
    enum { LEFT_SHIFT = 20 };
    picket_tensor_info_t first, second, output;
    picket_real_t first_scale, second_scale, output_scale;
    int32_t first_zero_point, second_zero_point, output_zero_point, min, max;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &first) || !picket_input_info(op, 1, &second)
        || !picket_output_info(op, 0, &output) || !picket_expect_type(op, &first, PICKET_INT8)
        || !picket_expect_type(op, &second, PICKET_INT8) || !picket_expect_type(op, &output, PICKET_INT8)
        || !picket_quantization(op, &first, &first_scale, &first_zero_point)
        || !picket_quantization(op, &second, &second_scale, &second_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !picket_activation_range(op, picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0), &output, &min, &max)
        || !picket_prepare_broadcast(op, &first, &second, &output)) {
        return;
    }
    picket_add_params_t *add = (picket_add_params_t *)picket_use_params(op, sizeof *add);
    const picket_real_t larger = picket_real_compare(first_scale, second_scale) < 0 ? second_scale : first_scale;
    const picket_real_t common = picket_real_scale(larger, 1);
    if (!fraction(op, picket_real_div(first_scale, common), &add->first_multiplier_q31, &add->first_shift)
        || !fraction(op, picket_real_div(second_scale, common), &add->second_multiplier_q31, &add->second_shift)
        || !fraction(
            op, picket_real_div(common, picket_real_scale(output_scale, LEFT_SHIFT)), &add->output_multiplier_q31, &add->output_shift)) {
        return;
    }
    add->elements = output.elements;
    add->first_zero_point = (int16_t)first_zero_point;
    add->second_zero_point = (int16_t)second_zero_point;
    add->output_zero_point = (int16_t)output_zero_point;
    add->output_min = (int16_t)min;
    add->output_max = (int16_t)max;
    op->kernel = PICKET_KERNEL_add_i8;
}
