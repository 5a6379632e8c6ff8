#include "../kernels.h"

void picket_prepare_expand_dims(picket_prepare_t *op) {
    picket_tensor_info_t input, axis_tensor, output;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input)
        || !picket_input_info(op, 1, &axis_tensor) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &axis_tensor, PICKET_INT32) || !picket_expect_elements(op, &axis_tensor, 1)
        || !picket_expect_constant(op, &axis_tensor) || !picket_expect_type(op, &output, (int32_t)input.type)
        || !picket_expect_rank(op, &output, input.rank + 1)) {
        return;
    }
    int32_t axis = picket_constant_i32(op, &axis_tensor, 0);
    axis += axis < 0 ? output.rank : 0;
    if (axis < 0 || axis >= output.rank) {
        picket_refuse_tensor(op, &axis_tensor, PICKET_ERROR_INVALID, "the axis is out of range");
        return;
    }
    for (int32_t i = 0; i < output.rank; i++) {
        if (!picket_expect_dim(op, &output, i, i == axis ? 1 : input.dims[i < axis ? i : i - 1])) {
            return;
        }
    }
    picket_in_place(op, &input, &output);
    picket_copy_params_t *copy = (picket_copy_params_t *)picket_use_params(op, sizeof *copy);
    copy->bytes = input.bytes;
    op->kernel = PICKET_KERNEL_copy;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
