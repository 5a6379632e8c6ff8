#include "axis.h"

enum { FIELD_COUNT = 0, FIELD_AXIS = 1 };

void picket_prepare_pack(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    if (!picket_expect_counts(op, 1, PICKET_MAX_REFS - 2, 1) || !picket_output_info(op, 0, &output)) {
        return;
    }
    const uint32_t count = op->inputs.count;
    int32_t axis = picket_field_i32(op->reader, &op->options, FIELD_AXIS, 0);
    if (picket_field_u32(op->reader, &op->options, FIELD_COUNT, 0) != count) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the options have another number of inputs");
        return;
    }
    if (!picket_resolve_axis(op, output.rank, &axis) || !picket_expect_dim(op, &output, axis, (int32_t)count)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!picket_input_info(op, i, &input) || !picket_expect_type(op, &input, (int32_t)output.type)
            || !picket_expect_rank(op, &input, output.rank - 1)) {
            return;
        }
        for (int32_t k = 0; k < input.rank; k++) {
            if (!picket_expect_dim(op, &input, k, output.dims[k < axis ? k : k + 1])) {
                return;
            }
        }
        picket_use_tensor(op, &input);
    }
    picket_use_tensor(op, &output);
    /* A concatenation of inputs that have size 1 along the axis. */
    picket_concatenation_params_t *own = (picket_concatenation_params_t *)picket_use_params(op, sizeof *own);
    own->inputs = count;
    own->outer = picket_elements_before(&output, axis);
    uint32_t *piece_bytes = (uint32_t *)(void *)picket_use_table(op, 4 * count);
    for (uint32_t i = 0; piece_bytes && i < count; i++) {
        piece_bytes[i] = input.bytes / own->outer;
    }
    op->kernel = PICKET_KERNEL_concatenation;
}
