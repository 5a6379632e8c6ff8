#include "../broadcast.h"
#include "../kernels.h"

enum { FIELD_ACTIVATION = 0 };

/* A multiplier below 1, as those of sums are. */
static bool fraction(picket_prepare_t *op, picket_real_t real, int32_t *multiplier_q31, int8_t *shift) {
    int32_t exponent;
    if (!picket_multiplier(op, real, multiplier_q31, &exponent)) {
        return false;
    }
    *shift = (int8_t)exponent;
    return exponent <= 0 || picket_refuse(op, PICKET_ERROR_INVALID, "the output's scale is too small for the inputs'");
}

static void prepare(picket_prepare_t *op, bool subtract) {
    picket_tensor_info_t first, second, output;
    picket_real_t first_scale, second_scale, output_scale;
    int32_t first_zero_point, second_zero_point, output_zero_point, min, max;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &first) || !picket_input_info(op, 1, &second)
        || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, (int32_t)picket_activation_type(&output))
        || !picket_expect_type(op, &first, (int32_t)output.type)
        || !picket_expect_type(op, &second, (int32_t)output.type)
        || !picket_quantization(op, &first, &first_scale, &first_zero_point)
        || !picket_quantization(op, &second, &second_scale, &second_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !picket_activation_range(
            op, picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0), &output, &min, &max)
        || !picket_prepare_broadcast(op, &first, &second, &output)) {
        return;
    }
    const bool wide = output.type == PICKET_INT16;
    if (wide && (first_zero_point != 0 || second_zero_point != 0 || output_zero_point != 0)) {
        picket_refuse(op, PICKET_ERROR_INVALID, "int16 needs zero points of 0");
        return;
    }
    picket_add_params_t *add = (picket_add_params_t *)picket_use_params(op, sizeof *add);
    const picket_real_t larger = picket_real_compare(first_scale, second_scale) < 0 ? second_scale : first_scale;
    const picket_real_t common = picket_real_scale(larger, 1);
    const picket_real_t fine_output_scale = picket_real_scale(output_scale, wide ? 15 : 20);
    if (!fraction(op, picket_real_div(first_scale, common), &add->first_multiplier_q31, &add->first_shift)
        || !fraction(op, picket_real_div(second_scale, common), &add->second_multiplier_q31, &add->second_shift)
        || !fraction(
            op, picket_real_div(common, fine_output_scale), &add->output_multiplier_q31, &add->output_shift)) {
        return;
    }
    add->elements = output.elements;
    add->first_zero_point = (int16_t)first_zero_point;
    add->second_zero_point = (int16_t)second_zero_point;
    add->output_zero_point = (int16_t)output_zero_point;
    add->output_min = (int16_t)min;
    add->output_max = (int16_t)max;
    add->subtract = subtract;
    add->wide = wide;
#if PICKET_OP_ADD
    op->kernel = PICKET_KERNEL_add_i8;
#endif
#if PICKET_OP_SUB || PICKET_TYPE_INT16
    if (subtract || wide) {
        op->kernel = PICKET_KERNEL_sum_of_two_int;
    }
#endif
}

#if PICKET_OP_ADD
void picket_prepare_add(picket_prepare_t *op) {
    prepare(op, false);
}
#endif

#if PICKET_OP_SUB
void picket_prepare_sub(picket_prepare_t *op) {
    prepare(op, true);
}
#endif
