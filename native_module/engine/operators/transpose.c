#include "strided_copy.h"

void picket_prepare_transpose(picket_prepare_t *op) {
    picket_tensor_info_t input, order, output;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &order)
        || !picket_output_info(op, 0, &output) || !picket_expect_type(op, &output, (int32_t)input.type)
        || !picket_expect_rank(op, &output, input.rank) || !picket_expect_type(op, &order, PICKET_INT32)
        || !picket_expect_constant(op, &order) || !picket_expect_elements(op, &order, (uint32_t)input.rank)) {
        return;
    }
    int32_t strides[PICKET_MAX_RANK];
    picket_strides(&input, strides);
    picket_walk_t walk = {.rank = (uint32_t)input.rank};
    uint32_t seen = 0;
    for (int32_t axis = 0; axis < input.rank; axis++) {
        const int32_t from = picket_constant_i32(op, &order, (uint32_t)axis);
        if (from < 0 || from >= input.rank || (seen >> from & 1)) {
            picket_refuse_tensor(op, &order, PICKET_ERROR_INVALID, "the order of the axes is not a permutation");
            return;
        }
        if (!picket_expect_dim(op, &output, axis, input.dims[from])) {
            return;
        }
        seen |= 1u << from;
        walk.dims[axis] = (uint32_t)input.dims[from];
        walk.strides[axis] = strides[from];
    }
    picket_prepare_strided_copy(op, &input, &output, &walk);
}
