/* What prepare functions are made of: reading and checking an operator's tensors, and asking for what its kernel needs.
 */
#include "kernels.h"
#include "model.h"

bool picket_refuse_for(picket_prepare_t *op, picket_fault_t fault) {
    picket_note(op->reader, fault, 0);
    return false;
}

/* Name the tensor in a fault that was noted just now. */
static bool blame(picket_prepare_t *op, const picket_tensor_info_t *tensor) {
    if (op->reader->error->tensor_index < 0) {
        op->reader->error->tensor_index = tensor->index;
    }
    return false;
}

bool picket_refuse_tensor_for(picket_prepare_t *op, const picket_tensor_info_t *tensor, picket_fault_t fault) {
    picket_note(op->reader, fault, 0);
    return blame(op, tensor);
}

static bool expect_value(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, picket_fault_t fault, int32_t found, int32_t expected) {
    if (picket_failed(op->reader)) {
        return false;
    }
    if (found != expected) {
        picket_note_values(op->reader, fault, found, expected);
        return blame(op, tensor);
    }
    return true;
}

bool picket_expect_counts(picket_prepare_t *op, uint32_t min_inputs, uint32_t max_inputs, uint32_t outputs) {
    if (op->inputs.count < min_inputs || op->inputs.count > max_inputs) {
        picket_fail_values(
            op->reader, PICKET_ERROR_INVALID, "the number of inputs", (int32_t)op->inputs.count, (int32_t)min_inputs);
    } else if (op->outputs.count != outputs) {
        picket_fail_values(
            op->reader, PICKET_ERROR_INVALID, "the number of outputs", (int32_t)op->outputs.count, (int32_t)outputs);
    }
    return !picket_failed(op->reader);
}

bool picket_optional_input(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor) {
    if (nth >= op->inputs.count) {
        return false;
    }
    int32_t index = picket_vector_i32(op->reader, &op->inputs, nth);
    if (index == -1) {
        return false;
    }
    picket_tensor_read(op->reader, &op->loader->model, index, tensor);
    if (tensor->variable) {
        picket_refuse_tensor(
            op, tensor, PICKET_ERROR_UNSUPPORTED, "variable tensors are not supported by this operator");
    }
    return !picket_failed(op->reader);
}

bool picket_state_info(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor) {
    picket_tensor_read(op->reader, &op->loader->model, picket_vector_i32(op->reader, &op->inputs, nth), tensor);
    if (!tensor->variable || tensor->data_position) {
        picket_refuse_tensor(op, tensor, PICKET_ERROR_INVALID, "the state must be a variable tensor without data");
    }
    return !picket_failed(op->reader);
}

bool picket_input_info(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor) {
    return picket_optional_input(op, nth, tensor) || picket_refuse(op, PICKET_ERROR_INVALID, "an input is missing");
}

bool picket_output_info(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor) {
    picket_tensor_read(op->reader, &op->loader->model, picket_vector_i32(op->reader, &op->outputs, nth), tensor);
    return !picket_failed(op->reader);
}

bool picket_expect_type(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t type) {
    return expect_value(
        op, tensor, PICKET_FAULT(PICKET_ERROR_UNSUPPORTED, "the tensor's type"), (int32_t)tensor->type, type);
}

bool picket_expect_rank(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t rank) {
    return expect_value(
        op, tensor, PICKET_FAULT(PICKET_ERROR_INVALID, "the tensor's number of dimensions"), tensor->rank, rank);
}

bool picket_expect_dim(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t axis, int32_t size) {
    return expect_value(
        op, tensor, PICKET_FAULT(PICKET_ERROR_INVALID, "the tensor's shape does not fit: a dimension"),
        tensor->dims[axis], size);
}

bool picket_expect_elements(picket_prepare_t *op, const picket_tensor_info_t *tensor, uint32_t elements) {
    return expect_value(
        op, tensor, PICKET_FAULT(PICKET_ERROR_INVALID, "the tensor's number of elements"), (int32_t)tensor->elements,
        (int32_t)elements);
}

bool picket_expect_same_shape(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, const picket_tensor_info_t *like) {
    bool same = picket_expect_rank(op, tensor, like->rank);
    for (int32_t axis = 0; same && axis < like->rank; axis++) {
        same = picket_expect_dim(op, tensor, axis, like->dims[axis]);
    }
    return same;
}

bool picket_expect_constant(picket_prepare_t *op, const picket_tensor_info_t *tensor) {
    return tensor->data_position
        || picket_refuse_tensor(op, tensor, PICKET_ERROR_UNSUPPORTED, "the tensor must be constant");
}

bool picket_channel_scale(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, uint32_t channel, picket_real_t *scale) {
    uint32_t bits = (uint32_t)picket_vector_i32(op->reader, &tensor->scales, channel);
    if (picket_failed(op->reader)) {
        return blame(op, tensor);
    }
    if (!picket_real_from_f32(bits, scale) || scale->mantissa == 0) {
        return picket_refuse_tensor(op, tensor, PICKET_ERROR_INVALID, "a scale is not a finite number above 0");
    }
    return true;
}

bool picket_quantization(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, picket_real_t *scale, int32_t *zero_point) {
    if (tensor->scales.count != 1 || tensor->zero_points.count != 1) {
        return picket_refuse_tensor(op, tensor, PICKET_ERROR_INVALID, "the tensor needs one scale and one zero point");
    }
    int32_t value = picket_vector_i64(op->reader, &tensor->zero_points, 0);
    int32_t limit = tensor->type == PICKET_INT16 ? 32768 : 128;
    if (picket_failed(op->reader)) {
        return blame(op, tensor);
    }
    if (tensor->type == PICKET_UINT8 ? value < 0 || value > 255 : value < -limit || value >= limit) {
        return picket_refuse_tensor(op, tensor, PICKET_ERROR_INVALID, "the zero point is out of the type's range");
    }
    *zero_point = value;
    return picket_channel_scale(op, tensor, 0, scale);
}

bool picket_expect_same_quantization(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, const picket_tensor_info_t *like) {
    picket_real_t scale, like_scale;
    int32_t zero_point, like_zero_point;
    if (!picket_quantization(op, tensor, &scale, &zero_point)
        || !picket_quantization(op, like, &like_scale, &like_zero_point)) {
        return false;
    }
    if (zero_point != like_zero_point || picket_real_compare(scale, like_scale) != 0) {
        return picket_refuse_tensor(
            op, tensor, PICKET_ERROR_INVALID, "input and output must have the same scale and zero point");
    }
    return true;
}

int32_t picket_constant_i32(picket_prepare_t *op, const picket_tensor_info_t *tensor, uint32_t element) {
    picket_vector_t data = {tensor->data_position, tensor->elements};
    return picket_vector_i32(op->reader, &data, element);
}

bool picket_multiplier(picket_prepare_t *op, picket_real_t real, int32_t *multiplier_q31, int32_t *shift) {
    return (picket_real_to_multiplier(real, multiplier_q31, shift) && *shift <= 30)
        || picket_refuse(op, PICKET_ERROR_INVALID, "the scales are too far apart");
}

/* zero_point + round(value / scale), as TFLite computes it: the quotient is a float32. */
static bool quantized_bound(picket_prepare_t *op, uint32_t value, picket_real_t scale, int32_t *bound) {
    return picket_real_round(picket_real_to_f32(picket_real_div(picket_real_from_u32(value), scale)), bound)
        || picket_refuse(op, PICKET_ERROR_INVALID, "the output's scale is too small for its activation");
}

bool picket_activation_range(
    picket_prepare_t *op, uint32_t activation, const picket_tensor_info_t *output, int32_t *min, int32_t *max) {
    enum { NONE = 0, RELU = 1, RELU_N1_TO_1 = 2, RELU6 = 3 };
    picket_real_t scale;
    int32_t zero_point;
    if (!picket_quantization(op, output, &scale, &zero_point)) {
        return false;
    }
    int32_t lowest = output->type == PICKET_INT16 ? INT16_MIN : INT8_MIN;
    int32_t highest = -1 - lowest;
    int32_t below = zero_point - lowest; /* how far the bounds may lie from the zero point */
    int32_t above = highest - zero_point;
    int32_t bound = 0;
    switch (activation) {
        case NONE:
            break;
        case RELU:
            below = 0;
            break;
        case RELU_N1_TO_1:
            if (!quantized_bound(op, 1, scale, &bound)) {
                return false;
            }
            below = bound < below ? bound : below;
            above = bound < above ? bound : above;
            break;
        case RELU6:
            if (!quantized_bound(op, 6, scale, &bound)) {
                return false;
            }
            below = 0;
            above = bound < above ? bound : above;
            break;
        default:
            return picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the fused activation is not supported");
    }
    *min = zero_point - below;
    *max = zero_point + above;
    return true;
}

bool picket_window(
    picket_prepare_t *op, uint32_t padding, int32_t input, int32_t filter, int32_t stride, int32_t dilation,
    int32_t output, int32_t *before) {
    enum { SAME = 0, VALID = 1, LIMIT = 0x7fff };
    if (stride < 1 || dilation < 1 || filter < 1) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "a stride, dilation or filter size is not positive");
    }
    if (input > LIMIT || filter > LIMIT || stride > LIMIT || dilation > LIMIT || (filter - 1) * dilation >= LIMIT) {
        return picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "an image, filter, stride or dilation is too large");
    }
    int32_t reach = (filter - 1) * dilation + 1;
    int32_t expected;
    if (padding == SAME) {
        expected = (input + stride - 1) / stride;
    } else if (padding == VALID) {
        expected = input < reach ? 0 : (input - reach) / stride + 1;
    } else {
        return picket_refuse(op, PICKET_ERROR_INVALID, "the padding is neither SAME nor VALID");
    }
    if (output != expected) {
        picket_fail_values(op->reader, PICKET_ERROR_INVALID, "the output's height or width", output, expected);
        return false;
    }
    int32_t total = (output - 1) * stride + reach - input;
    *before = total > 0 ? total / 2 : 0;
    return true;
}

static void use(picket_prepare_t *op, uint32_t ref) {
    if (op->ref_count == PICKET_MAX_REFS) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the operator has too many tensors");
        return;
    }
    op->refs[op->ref_count++] = ref;
}

void picket_use_tensor(picket_prepare_t *op, const picket_tensor_info_t *tensor) {
    if (tensor->bytes == 0) {
        picket_refuse_tensor(op, tensor, PICKET_ERROR_INVALID, "the operator can't take a variable's handle");
        return;
    }
    if (tensor->data_position) {
        /* Kernels read elements with the type's own loads; but int64, which is for biases of int16 layers, in halves:
         * the converter aligns it to 4 bytes only. */
        uintptr_t address = (uintptr_t)op->reader->base + tensor->data_position;
        const uint32_t bytes = picket_type_bytes(tensor->type);
        if (address % (PICKET_TYPE_INT16 && bytes > 4 ? 4 : bytes) != 0) {
            picket_refuse_tensor(op, tensor, PICKET_ERROR_INVALID, "the tensor's data is not aligned");
        }
        use(op, PICKET_REF_FILE | tensor->data_position);
        return;
    }
    const picket_item_t *items = op->loader->items;
    use(op, items[items[tensor->index].root].offset_bytes);
}

void picket_use_nothing(picket_prepare_t *op) {
    use(op, PICKET_REF_NONE);
}

void picket_use_scratch(picket_prepare_t *op, uint32_t bytes) {
    picket_item_t *scratch = &op->loader->items[op->loader->model.tensors.count + op->index];
    scratch->bytes = bytes;
    scratch->first = scratch->last = (uint16_t)(op->index + 1);
    use(op, scratch->offset_bytes);
}

bool picket_keep_item(picket_prepare_t *op, uint32_t item, uint32_t bytes) {
    picket_item_t *kept = &op->loader->items[item];
    if (op->loader->arena) { /* decided while measuring; the planner has rounded the size up since */
        return true;
    }
    if (kept->bytes != 0 && kept->bytes != bytes) {
        picket_fail_values(
            op->reader, PICKET_ERROR_INVALID, "a variable's size in bytes", (int32_t)bytes, (int32_t)kept->bytes);
        return false;
    }
    kept->bytes = bytes;
    kept->first = 0;
    kept->last = (uint16_t)(op->loader->model.operators.count + 1);
    return true;
}

uint8_t *picket_use_table(picket_prepare_t *op, uint32_t bytes) {
    picket_loader_t *loader = op->loader;
    uint32_t offset = loader->tables_offset + loader->tables_bytes;
    if (bytes > PICKET_MAX_ELEMENTS || loader->tables_bytes > PICKET_MAX_ELEMENTS) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "the model's tables are too large");
        return NULL;
    }
    loader->tables_bytes += (bytes + 3) & ~3u;
    use(op, offset);
    return loader->arena && !picket_failed(op->reader) ? loader->arena + offset : NULL;
}

void *picket_use_params(picket_prepare_t *op, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        op->params.bytes[i] = 0;
    }
    op->params_bytes = (uint8_t)((bytes + 3) & ~3u);
    return op->params.bytes;
}

bool picket_in_place(picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output) {
    picket_item_t *items = op->loader->items;
    picket_item_t *result = &items[output->index];
    if (op->loader->arena) { /* decided while measuring */
        return result->root != output->index && result->root == items[input->index].root;
    }
    if (input->data_position || input->bytes != output->bytes) {
        return false;
    }
    uint16_t root = items[input->index].root;
    if (items[root].last != op->index + 1) {
        return false;
    }
    result->root = root;
    items[root].last = result->last;
    return true;
}
