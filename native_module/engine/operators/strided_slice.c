#include "../fixed_point.h"
#include "strided_copy.h"

enum {
    FIELD_BEGIN_MASK = 0,
    FIELD_END_MASK = 1,
    FIELD_ELLIPSIS_MASK = 2,
    FIELD_NEW_AXIS_MASK = 3,
    FIELD_SHRINK_AXIS_MASK = 4,
    FIELD_OFFSET = 5
};

/* An index that may count from the end, limited to what a walk in the stride's direction can begin or end with. */
static int32_t limited(int32_t index, int32_t size, int32_t stride) {
    index += index < 0 ? size : 0;
    return stride > 0 ? picket_clamp(index, 0, size) : picket_clamp(index, -1, size - 1);
}

static int32_t steps_between(int32_t begin, int32_t end, int32_t stride) {
    if (stride > 0) {
        return end > begin ? (end - begin - 1) / stride + 1 : 0;
    }
    return begin > end ? (begin - end - 1) / -stride + 1 : 0;
}

/* Tensors of begins, ends or strides: one constant for each axis. */
static bool read_list(
    picket_prepare_t *op, uint32_t nth, const picket_tensor_info_t *input, picket_tensor_info_t *list) {
    return picket_input_info(op, nth, list) && picket_expect_type(op, list, PICKET_INT32)
        && picket_expect_constant(op, list) && picket_expect_elements(op, list, (uint32_t)input->rank);
}

void picket_prepare_strided_slice(picket_prepare_t *op) {
    enum { LARGEST_STRIDE = PICKET_MAX_ELEMENTS };
    picket_tensor_info_t input, begins, ends, strides, output;
    if (!picket_expect_counts(op, 4, 4, 1) || !picket_input_info(op, 0, &input) || !read_list(op, 1, &input, &begins)
        || !read_list(op, 2, &input, &ends) || !read_list(op, 3, &input, &strides)
        || !picket_output_info(op, 0, &output) || !picket_expect_type(op, &output, (int32_t)input.type)) {
        return;
    }
    const uint32_t begin_mask = picket_field_u32(op->reader, &op->options, FIELD_BEGIN_MASK, 0);
    const uint32_t end_mask = picket_field_u32(op->reader, &op->options, FIELD_END_MASK, 0);
    const uint32_t shrink_mask = picket_field_u32(op->reader, &op->options, FIELD_SHRINK_AXIS_MASK, 0);
    if (picket_field_u32(op->reader, &op->options, FIELD_ELLIPSIS_MASK, 0) != 0
        || picket_field_u32(op->reader, &op->options, FIELD_NEW_AXIS_MASK, 0) != 0
        || picket_field_u8(op->reader, &op->options, FIELD_OFFSET, 0) != 0) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "STRIDED_SLICE with an ellipsis, new axes or relative ends");
        return;
    }
    picket_walk_t walk = {.rank = (uint32_t)input.rank};
    picket_strides(&input, walk.strides);
    int32_t out_axis = 0;
    for (int32_t axis = 0; axis < input.rank; axis++) {
        const int32_t size = input.dims[axis];
        const int32_t stride = picket_constant_i32(op, &strides, (uint32_t)axis);
        if (stride == 0 || stride < -LARGEST_STRIDE || stride > LARGEST_STRIDE) {
            picket_refuse_tensor(op, &strides, PICKET_ERROR_INVALID, "a stride is 0 or out of range");
            return;
        }
        int32_t begin = limited(picket_constant_i32(op, &begins, (uint32_t)axis), size, stride);
        int32_t end = limited(picket_constant_i32(op, &ends, (uint32_t)axis), size, stride);
        if (begin_mask >> axis & 1) {
            begin = stride > 0 ? 0 : size - 1;
        }
        if (end_mask >> axis & 1) {
            end = stride > 0 ? size : -1;
        }
        const bool shrinks = shrink_mask >> axis & 1;
        const int32_t steps = shrinks ? 1 : steps_between(begin, end, stride);
        if (steps == 0 || begin < 0 || begin >= size) {
            picket_refuse(op, PICKET_ERROR_INVALID, "the slice is empty or begins outside the input");
            return;
        }
        if (!shrinks) {
            if (out_axis == output.rank) {
                picket_expect_rank(op, &output, out_axis + 1);
                return;
            }
            if (!picket_expect_dim(op, &output, out_axis++, steps)) {
                return;
            }
        }
        walk.dims[axis] = (uint32_t)steps;
        walk.offset += (uint32_t)(begin * walk.strides[axis]);
        walk.strides[axis] = steps == 1 ? 0 : walk.strides[axis] * stride;
    }
    if (picket_expect_rank(op, &output, out_axis)) {
        picket_prepare_strided_copy(op, &input, &output, &walk);
    }
}
