#include "unary.h"

bool picket_prepare_unary(picket_prepare_t *op, picket_unary_t *unary, bool wide_too) {
    picket_tensor_info_t *input = &unary->input;
    picket_tensor_info_t *output = &unary->output;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, input) || !picket_output_info(op, 0, output)) {
        return false;
    }
    unary->wide = wide_too && input->type == PICKET_INT16;
    if ((!unary->wide && !picket_expect_type(op, input, PICKET_INT8))
        || !picket_expect_type(op, output, (int32_t)input->type) || !picket_expect_same_shape(op, output, input)
        || !picket_quantization(op, input, &unary->input_scale, &unary->input_zero_point)
        || !picket_quantization(op, output, &unary->output_scale, &unary->output_zero_point)) {
        return false;
    }
    picket_in_place(op, input, output);
    picket_use_tensor(op, input);
    picket_use_tensor(op, output);
    return true;
}

bool picket_expect_symmetric(picket_prepare_t *op, const picket_unary_t *unary) {
    return (unary->input_zero_point == 0 && unary->output_zero_point == 0)
        || picket_refuse(op, PICKET_ERROR_INVALID, "int16 needs zero points of 0");
}
