#include "axis.h"

enum { FIELD_AXES = 0 };

void picket_prepare_squeeze(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, (int32_t)input.type)
        || !picket_expect_elements(op, &output, input.elements)) {
        return;
    }
    const picket_vector_t axes = picket_field_vector(op->reader, &op->options, FIELD_AXES, 4);
    uint32_t squeezed = 0;
    for (uint32_t i = 0; i < axes.count; i++) {
        int32_t axis = picket_vector_i32(op->reader, &axes, i);
        if (!picket_resolve_axis(op, input.rank, &axis) || !picket_expect_dim(op, &input, axis, 1)) {
            return;
        }
        squeezed |= 1u << axis;
    }
    int32_t out_axis = 0;
    for (int32_t axis = 0; axis < input.rank; axis++) {
        const bool goes = axes.count ? squeezed >> axis & 1 : input.dims[axis] == 1;
        if (goes) {
            continue;
        }
        if (out_axis == output.rank) {
            picket_expect_rank(op, &output, out_axis + 1);
            return;
        }
        if (!picket_expect_dim(op, &output, out_axis++, input.dims[axis])) {
            return;
        }
    }
    if (!picket_expect_rank(op, &output, out_axis)) {
        return;
    }
    picket_in_place(op, &input, &output);
    picket_copy_params_t *copy = (picket_copy_params_t *)picket_use_params(op, sizeof *copy);
    copy->bytes = input.bytes;
    op->kernel = PICKET_KERNEL_copy;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
