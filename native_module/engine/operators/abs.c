#include "unary.h"

static void prepare_float(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, PICKET_FLOAT32) || !picket_expect_same_shape(op, &output, &input)) {
        return;
    }
    picket_rescale_params_t *abs = (picket_rescale_params_t *)picket_use_params(op, sizeof *abs);
    abs->elements = input.elements;
    abs->input_type = abs->output_type = PICKET_FLOAT32;
    op->kernel = PICKET_KERNEL_abs;
    picket_in_place(op, &input, &output);
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}

void picket_prepare_abs(picket_prepare_t *op) {
    picket_tensor_info_t input;
    picket_unary_t unary;
    int32_t shift;
    if (picket_optional_input(op, 0, &input) && input.type == PICKET_FLOAT32) {
        prepare_float(op);
        return;
    }
    if (!picket_prepare_unary(op, &unary, true) || (unary.wide && !picket_expect_symmetric(op, &unary))) {
        return;
    }
    picket_rescale_params_t *abs = (picket_rescale_params_t *)picket_use_params(op, sizeof *abs);
    if (picket_real_compare(unary.input_scale, unary.output_scale) != 0) {
        if (!picket_multiplier(
                op, picket_real_div(unary.input_scale, unary.output_scale), &abs->multiplier_q31, &shift)) {
            return;
        }
        if (abs->multiplier_q31 == 0) {
            picket_refuse(op, PICKET_ERROR_INVALID, "the scales are too far apart");
        }
        abs->shift = (int16_t)shift;
    }
    abs->elements = unary.input.elements;
    abs->input_zero_point = (int16_t)unary.input_zero_point;
    abs->output_zero_point = (int16_t)unary.output_zero_point;
    abs->input_type = abs->output_type = (uint8_t)unary.input.type;
    op->kernel = PICKET_KERNEL_abs;
}
