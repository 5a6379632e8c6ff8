#include "strided_copy.h"

void picket_prepare_slice(picket_prepare_t *op) {
    picket_tensor_info_t input, begins, sizes, output;
    if (!picket_expect_counts(op, 3, 3, 1) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &begins)
        || !picket_input_info(op, 2, &sizes) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, (int32_t)input.type) || !picket_expect_rank(op, &output, input.rank)
        || !picket_expect_type(op, &begins, PICKET_INT32) || !picket_expect_type(op, &sizes, PICKET_INT32)
        || !picket_expect_constant(op, &begins) || !picket_expect_constant(op, &sizes)
        || !picket_expect_elements(op, &begins, (uint32_t)input.rank)
        || !picket_expect_elements(op, &sizes, (uint32_t)input.rank)) {
        return;
    }
    picket_walk_t walk = {.rank = (uint32_t)input.rank};
    picket_strides(&input, walk.strides);
    for (int32_t axis = 0; axis < input.rank; axis++) {
        const int32_t begin = picket_constant_i32(op, &begins, (uint32_t)axis);
        int32_t size = picket_constant_i32(op, &sizes, (uint32_t)axis);
        if (begin < 0 || begin >= input.dims[axis]) {
            picket_refuse_tensor(op, &begins, PICKET_ERROR_INVALID, "the slice begins outside the input");
            return;
        }
        size = size == -1 ? input.dims[axis] - begin : size; /* all that is left */
        if (size < 1 || size > input.dims[axis] - begin) {
            picket_refuse_tensor(op, &sizes, PICKET_ERROR_INVALID, "the slice is empty or ends outside the input");
            return;
        }
        if (!picket_expect_dim(op, &output, axis, size)) {
            return;
        }
        walk.dims[axis] = (uint32_t)size;
        walk.offset += (uint32_t)(begin * walk.strides[axis]);
    }
    picket_prepare_strided_copy(op, &input, &output, &walk);
}
