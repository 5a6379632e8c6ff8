#include "axis.h"

void picket_prepare_arg_max(picket_prepare_t *op) {
    picket_tensor_info_t input, axis_tensor, output;
    int32_t axis;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input)
        || !picket_input_info(op, 1, &axis_tensor) || !picket_output_info(op, 0, &output)
        || (input.type != PICKET_FLOAT32 && !picket_expect_type(op, &input, PICKET_INT8))
        || !picket_expect_type(op, &output, PICKET_INT32) || !picket_constant_axis(op, &axis_tensor, input.rank, &axis)
        || !picket_expect_rank(op, &output, input.rank - 1)) {
        return;
    }
    for (int32_t i = 0; i < output.rank; i++) {
        if (!picket_expect_dim(op, &output, i, input.dims[i < axis ? i : i + 1])) {
            return;
        }
    }
    picket_arg_max_params_t *arg_max = (picket_arg_max_params_t *)picket_use_params(op, sizeof *arg_max);
    arg_max->outer = picket_elements_before(&input, axis);
    arg_max->size = (uint32_t)input.dims[axis];
    arg_max->inner = picket_elements_behind(&input, axis);
    arg_max->is_float = input.type == PICKET_FLOAT32;
    op->kernel = PICKET_KERNEL_arg_max;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
