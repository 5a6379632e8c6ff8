#include "axis.h"

enum { FIELD_COUNT = 0, FIELD_AXIS = 1 }; /* SPLIT and SPLIT_V have the axis in a tensor */

/*
 * Cut the input along an axis: output i has the size that it has in the file, which adds up to the input's; where drops
 * is set, all have size 1 there, and the outputs do not have the axis.
 */
static void prepare(picket_prepare_t *op, const picket_tensor_info_t *input, int32_t axis, bool drops) {
    picket_tensor_info_t output;
    const uint32_t count = op->outputs.count;
    int32_t left = input->dims[axis];
    picket_use_tensor(op, input);
    for (uint32_t i = 0; i < count; i++) {
        if (!picket_output_info(op, i, &output) || !picket_expect_type(op, &output, (int32_t)input->type)
            || !picket_expect_rank(op, &output, input->rank - drops)) {
            return;
        }
        for (int32_t k = 0; k < input->rank; k++) {
            if (k != axis && !picket_expect_dim(op, &output, drops && k > axis ? k - 1 : k, input->dims[k])) {
                return;
            }
        }
        const int32_t size = drops ? 1 : output.dims[axis];
        if (size > left) {
            break;
        }
        left -= size;
        picket_use_tensor(op, &output);
    }
    if (left != 0 || op->ref_count != count + 1) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the outputs do not add up to the input");
        return;
    }
    picket_split_params_t *split = (picket_split_params_t *)picket_use_params(op, sizeof *split);
    split->outputs = count;
    split->outer = picket_elements_before(input, axis);
    uint32_t *piece_bytes = (uint32_t *)(void *)picket_use_table(op, 4 * count);
    for (uint32_t i = 0; piece_bytes && i < count; i++) {
        picket_output_info(op, i, &output);
        piece_bytes[i] = output.bytes / split->outer;
    }
    op->kernel = PICKET_KERNEL_split;
}

/* As many outputs as the options say, if the kernel can have so many. */
static bool expect_counts(picket_prepare_t *op, uint32_t inputs) {
    const uint32_t outputs = picket_field_u32(op->reader, &op->options, FIELD_COUNT, 0);
    return picket_expect_counts(op, inputs, inputs, outputs)
        && ((outputs >= 1 && outputs <= PICKET_MAX_REFS - 2)
            || picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the operator has no or too many outputs"));
}

#if PICKET_OP_SPLIT
void picket_prepare_split(picket_prepare_t *op) {
    picket_tensor_info_t input, axis_tensor, output;
    int32_t axis;
    if (!expect_counts(op, 2) || !picket_input_info(op, 0, &axis_tensor) || !picket_input_info(op, 1, &input)
        || !picket_constant_axis(op, &axis_tensor, input.rank, &axis)) {
        return;
    }
    /* All parts are equally large. */
    const int32_t size = input.dims[axis] / (int32_t)op->outputs.count;
    for (uint32_t i = 0; i < op->outputs.count; i++) {
        if (!picket_output_info(op, i, &output) || !picket_expect_rank(op, &output, input.rank)
            || !picket_expect_dim(op, &output, axis, size)) {
            return;
        }
    }
    prepare(op, &input, axis, false);
}
#endif

#if PICKET_OP_SPLIT_V
void picket_prepare_split_v(picket_prepare_t *op) {
    picket_tensor_info_t input, sizes, axis_tensor, output;
    int32_t axis;
    if (!expect_counts(op, 3) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &sizes)
        || !picket_input_info(op, 2, &axis_tensor)
        || !picket_constant_axis(op, &axis_tensor, input.rank, &axis) || !picket_expect_type(op, &sizes, PICKET_INT32)
        || !picket_expect_constant(op, &sizes) || !picket_expect_elements(op, &sizes, op->outputs.count)) {
        return;
    }
    for (uint32_t i = 0; i < op->outputs.count; i++) {
        const int32_t size = picket_constant_i32(op, &sizes, i);
        if (!picket_output_info(op, i, &output) || !picket_expect_rank(op, &output, input.rank)
            || (size != -1 && !picket_expect_dim(op, &output, axis, size))) { /* -1 is what is left */
            return;
        }
    }
    prepare(op, &input, axis, false);
}
#endif

#if PICKET_OP_UNPACK
void picket_prepare_unpack(picket_prepare_t *op) {
    picket_tensor_info_t input;
    int32_t axis = picket_field_i32(op->reader, &op->options, FIELD_AXIS, 0);
    if (expect_counts(op, 1) && picket_input_info(op, 0, &input) && picket_resolve_axis(op, input.rank, &axis)) {
        prepare(op, &input, axis, true);
    }
}
#endif
