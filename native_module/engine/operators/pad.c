#include "../kernels.h"

enum { MAX_RANK = 5 };

/* The element that the padding consists of: the third input's, or zero. */
static bool padding_value(
    picket_prepare_t *op, const picket_tensor_info_t *output, uint32_t element_bytes, uint32_t *value_bits) {
    picket_tensor_info_t constant;
    picket_real_t scale;
    int32_t zero_point = 0;
    if (picket_optional_input(op, 2, &constant)) {
        if (!picket_expect_type(op, &constant, (int32_t)output->type) || !picket_expect_elements(op, &constant, 1)
            || !picket_expect_constant(op, &constant)
            || (output->type == PICKET_INT8 && !picket_expect_same_quantization(op, &constant, output))) {
            return false;
        }
        *value_bits = 0;
        for (uint32_t byte = 0; byte < element_bytes; byte++) {
            *value_bits |= (uint32_t)op->reader->base[constant.data_position + byte] << (8 * byte);
        }
        return true;
    }
    if (output->type == PICKET_INT8 && !picket_quantization(op, output, &scale, &zero_point)) {
        return false;
    }
    *value_bits = (uint32_t)zero_point;
    return !picket_failed(op->reader);
}

void picket_prepare_pad(picket_prepare_t *op) {
    picket_tensor_info_t input, paddings, output;
    if (!picket_expect_counts(op, 2, 3, 1) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &paddings)
        || !picket_output_info(op, 0, &output) || !picket_expect_type(op, &output, (int32_t)input.type)
        || !picket_expect_type(op, &paddings, PICKET_INT32) || !picket_expect_constant(op, &paddings)
        || !picket_expect_rank(op, &output, input.rank)
        || !picket_expect_elements(op, &paddings, 2 * (uint32_t)input.rank)) {
        return;
    }
    if (input.type != PICKET_INT8 && input.type != PICKET_INT16 && input.type != PICKET_INT32
        && input.type != PICKET_FLOAT32) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_UNSUPPORTED, "PAD takes int8, int16, int32 and float32");
        return;
    }
    if (input.rank > MAX_RANK) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_UNSUPPORTED, "PAD takes at most 5 dimensions");
        return;
    }
    picket_pad_params_t *pad = (picket_pad_params_t *)picket_use_params(op, sizeof *pad);
    for (int32_t i = 0; i < MAX_RANK; i++) {
        pad->axes[i].size = 1;
    }
    for (int32_t axis = 0; axis < input.rank; axis++) {
        const int32_t before = picket_constant_i32(op, &paddings, 2 * (uint32_t)axis);
        const int32_t after = picket_constant_i32(op, &paddings, 2 * (uint32_t)axis + 1);
        if (before < 0 || after < 0 || before > PICKET_MAX_ELEMENTS || after > PICKET_MAX_ELEMENTS) {
            picket_refuse_tensor(op, &paddings, PICKET_ERROR_INVALID, "a padding is negative or too large");
            return;
        }
        if (!picket_expect_dim(op, &output, axis, input.dims[axis] + before + after)) {
            return;
        }
        picket_pad_axis_t *out_axis = &pad->axes[MAX_RANK - input.rank + axis];
        out_axis->before = (uint32_t)before;
        out_axis->size = (uint32_t)input.dims[axis];
        out_axis->after = (uint32_t)after;
    }
    pad->element_bytes = picket_type_bytes(input.type);
    if (!padding_value(op, &output, pad->element_bytes, &pad->value_bits)) {
        return;
    }
    op->kernel = PICKET_KERNEL_pad;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
