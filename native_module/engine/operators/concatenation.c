#include "../kernels.h"

enum { FIELD_AXIS = 0, FIELD_ACTIVATION = 1 };

/* One input: same type and quantisation as the output, same shape but for the axis. Returns its size along the axis, 0
 * after a fault. */
static int32_t check_input(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output, int32_t axis) {
    if (!picket_expect_type(op, input, (int32_t)output->type) || !picket_expect_rank(op, input, output->rank)) {
        return 0;
    }
    for (int32_t i = 0; i < output->rank; i++) {
        if (i != axis && !picket_expect_dim(op, input, i, output->dims[i])) {
            return 0;
        }
    }
    const bool is_quantized =
        output->type == PICKET_INT8 || output->type == PICKET_INT16 || output->type == PICKET_UINT8;
    if (is_quantized && !picket_expect_same_quantization(op, input, output)) {
        return 0;
    }
    return input->dims[axis];
}

void picket_prepare_concatenation(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    if (!picket_expect_counts(op, 1, PICKET_MAX_REFS - 2, 1) || !picket_output_info(op, 0, &output)) {
        return;
    }
    if (picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0) != 0) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "CONCATENATION with an activation is not supported");
        return;
    }
    int32_t axis = picket_field_i32(op->reader, &op->options, FIELD_AXIS, 0);
    axis += axis < 0 ? output.rank : 0;
    if (axis < 0 || axis >= output.rank) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the axis is out of range");
        return;
    }
    picket_concatenation_params_t *concatenation =
        (picket_concatenation_params_t *)picket_use_params(op, sizeof *concatenation);
    concatenation->inputs = op->inputs.count;
    concatenation->outer = 1;
    for (int32_t i = 0; i < axis; i++) {
        concatenation->outer *= (uint32_t)output.dims[i];
    }
    int32_t left = output.dims[axis];
    for (uint32_t i = 0; i < op->inputs.count; i++) {
        int32_t size = picket_input_info(op, i, &input) ? check_input(op, &input, &output, axis) : 0;
        if (size == 0) {
            return;
        }
        if (size > left) {
            break;
        }
        left -= size;
        picket_use_tensor(op, &input);
    }
    if (left != 0 || op->ref_count != op->inputs.count) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the inputs do not add up to the output");
        return;
    }
    picket_use_tensor(op, &output);
    uint8_t *table = picket_use_table(op, 4 * op->inputs.count);
    for (uint32_t i = 0; table && i < op->inputs.count; i++) {
        picket_input_info(op, i, &input);
        ((uint32_t *)(void *)table)[i] = input.bytes / concatenation->outer;
    }
    op->kernel = PICKET_KERNEL_concatenation;
}
