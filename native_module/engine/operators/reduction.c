#include "reduction.h"

enum { FIELD_KEEP_DIMS = 0 };

/* Which axes are reduced, as a bit mask. */
static bool read_axes(picket_prepare_t *op, const picket_tensor_info_t *input, uint32_t *reduced) {
    picket_tensor_info_t axes;
    if (!picket_input_info(op, 1, &axes) || !picket_expect_type(op, &axes, PICKET_INT32)
        || !picket_expect_constant(op, &axes)) {
        return false;
    }
    *reduced = 0;
    for (uint32_t i = 0; i < axes.elements; i++) {
        int32_t axis = picket_constant_i32(op, &axes, i);
        axis += axis < 0 ? input->rank : 0;
        if (axis < 0 || axis >= input->rank) {
            return picket_refuse_tensor(op, &axes, PICKET_ERROR_INVALID, "an axis is out of range");
        }
        *reduced |= 1u << axis;
    }
    return true;
}

static bool check_output_shape(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output, uint32_t reduced,
    bool keep_dims) {
    int32_t out_axis = 0;
    for (int32_t axis = 0; axis < input->rank; axis++) {
        const bool is_reduced = reduced >> axis & 1;
        if (is_reduced && !keep_dims) {
            continue;
        }
        if (out_axis == output->rank) {
            return picket_expect_rank(op, output, out_axis + 1);
        }
        if (!picket_expect_dim(op, output, out_axis, is_reduced ? 1 : input->dims[axis])) {
            return false;
        }
        out_axis++;
    }
    return picket_expect_rank(op, output, out_axis);
}

/* Sort the axes into kept and reduced ones, outermost first; neighbours of one kind become one axis. The lists end at
 * index 2. */
static void split_axes(const picket_tensor_info_t *input, uint32_t reduced, picket_reduction_t *reduction) {
    int32_t kept_at = 3;
    int32_t reduced_at = 3;
    int32_t last_kind = -1;
    uint32_t stride = 1;
    for (int32_t i = 0; i < 3; i++) {
        reduction->kept[i] = reduction->reduced[i] = 1;
    }
    for (int32_t axis = input->rank - 1; axis >= 0; axis--) {
        const int32_t kind = (int32_t)(reduced >> axis & 1);
        const uint32_t size = (uint32_t)input->dims[axis];
        if (size == 1) {
            continue;
        }
        int32_t *at = kind ? &reduced_at : &kept_at;
        uint32_t *sizes = kind ? reduction->reduced : reduction->kept;
        uint32_t *strides = kind ? reduction->reduced_stride : reduction->kept_stride;
        if (kind != last_kind) {
            *at -= 1;
            strides[*at] = stride;
        }
        sizes[*at] *= size;
        last_kind = kind;
        stride *= size;
    }
}

bool picket_prepare_reduction(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output,
    picket_reduction_t *reduction) {
    uint32_t reduced;
    if (!picket_expect_type(op, output, (int32_t)input->type) || !read_axes(op, input, &reduced)
        || !check_output_shape(
            op, input, output, reduced, picket_field_u8(op->reader, &op->options, FIELD_KEEP_DIMS, 0) != 0)) {
        return false;
    }
    split_axes(input, reduced, reduction);
    return true;
}
