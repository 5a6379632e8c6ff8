/* The structure of a .tflite file: vectors, tensors, operator codes. Numbers of fields are those of TFLite's schema. */
#include "model.h"

enum { MODEL_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum { SUBGRAPH_TENSORS = 0, SUBGRAPH_INPUTS = 1, SUBGRAPH_OUTPUTS = 2, SUBGRAPH_OPERATORS = 3 };
enum {
    TENSOR_SHAPE = 0,
    TENSOR_TYPE = 1,
    TENSOR_BUFFER = 2,
    TENSOR_QUANTIZATION = 4,
    TENSOR_VARIABLE = 5,
    TENSOR_SPARSITY = 6
};
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3, QUANTIZATION_DETAILS = 4, QUANTIZATION_AXIS = 6 };
enum { BUFFER_DATA = 0, BUFFER_OFFSET = 1 };
enum { CODE_DEPRECATED = 0, CODE_VERSION = 2, CODE_BUILTIN = 3 };
enum { OPERATOR_CODE_INDEX = 0 };

uint32_t picket_model_open_subgraph(picket_reader_t *reader, uint32_t index, picket_model_t *model) {
    picket_table_t root = picket_root(reader);
    uint32_t version = picket_field_u32(reader, &root, 0, 0);
    if (!picket_failed(reader) && version != 3) {
        picket_fail_values(reader, PICKET_ERROR_UNSUPPORTED, "the file's schema version", (int32_t)version, 3);
    }
    picket_vector_t subgraphs = picket_field_vector(reader, &root, MODEL_SUBGRAPHS, 4);
    picket_table_t subgraph = picket_vector_table(reader, &subgraphs, index);
    model->buffers = picket_field_vector(reader, &root, MODEL_BUFFERS, 4);
    model->codes = picket_field_vector(reader, &root, MODEL_CODES, 4);
    model->tensors = picket_field_vector(reader, &subgraph, SUBGRAPH_TENSORS, 4);
    model->operators = picket_field_vector(reader, &subgraph, SUBGRAPH_OPERATORS, 4);
    model->inputs = picket_field_vector(reader, &subgraph, SUBGRAPH_INPUTS, 4);
    model->outputs = picket_field_vector(reader, &subgraph, SUBGRAPH_OUTPUTS, 4);
    if (model->tensors.count > PICKET_MAX_TENSORS || model->operators.count > PICKET_MAX_OPERATORS) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, 0, "too many tensors or operators");
    }
    return subgraphs.count;
}

void picket_model_open(picket_reader_t *reader, picket_model_t *model) {
    picket_model_open_subgraph(reader, 0, model);
    if (model->inputs.count == 0 || model->outputs.count == 0) {
        picket_fail(reader, PICKET_ERROR_INVALID, 0, "the model has no input or no output");
    }
}

uint32_t picket_type_bytes(int32_t type) {
    switch (type) {
        case PICKET_INT4:
        case PICKET_INT8:
        case PICKET_UINT8:
        case PICKET_BOOL:
            return 1;
        case PICKET_INT16:
            return 2;
        case PICKET_INT32:
        case PICKET_FLOAT32:
            return 4;
        case PICKET_INT64:
            return 8;
        default:
            return 0;
    }
}

static void read_shape(picket_reader_t *reader, const picket_table_t *table, picket_tensor_info_t *tensor) {
    picket_vector_t shape = picket_field_vector(reader, table, TENSOR_SHAPE, 4);
    if (shape.count > PICKET_MAX_RANK) {
        picket_fail_values(
            reader, PICKET_ERROR_UNSUPPORTED, "a tensor's number of dimensions", (int32_t)shape.count, PICKET_MAX_RANK);
        return;
    }
    tensor->rank = (int32_t)shape.count;
    tensor->elements = 1;
    for (uint32_t axis = 0; axis < shape.count; axis++) {
        int32_t dim = picket_vector_i32(reader, &shape, axis);
        if (dim < 1) {
            picket_fail_values(
                reader, PICKET_ERROR_INVALID, "a dimension is not positive (shapes must be fixed)", dim, 1);
            return;
        }
        if ((uint32_t)dim > PICKET_MAX_ELEMENTS / tensor->elements) {
            picket_fail(reader, PICKET_ERROR_UNSUPPORTED, shape.position, "a tensor is too large");
            return;
        }
        tensor->dims[axis] = dim;
        tensor->elements *= (uint32_t)dim;
    }
}

static void read_type(picket_reader_t *reader, const picket_table_t *table, picket_tensor_info_t *tensor) {
    int32_t type = (int32_t)picket_field_u8(reader, table, TENSOR_TYPE, 0);
    uint32_t element_bytes = picket_type_bytes(type);
    if (element_bytes == 0 && type != PICKET_RESOURCE) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, table->position, "the tensor's type is not supported");
        return;
    }
    tensor->type = (picket_type_t)type;
    tensor->bytes = type == PICKET_INT4 ? (tensor->elements + 1) / 2 : tensor->elements * element_bytes;
}

static void read_data(
    picket_reader_t *reader, const picket_model_t *model, const picket_table_t *table, picket_tensor_info_t *tensor) {
    uint32_t index = picket_field_u32(reader, table, TENSOR_BUFFER, 0);
    if (index == 0 && model->buffers.count == 0) {
        return;
    }
    if (!picket_failed(reader) && index >= model->buffers.count) {
        picket_fail(reader, PICKET_ERROR_FILE, table->position, "the tensor's buffer does not exist");
        return;
    }
    picket_table_t buffer = picket_vector_table(reader, &model->buffers, index);
    if (picket_field_u64_set(reader, &buffer, BUFFER_OFFSET)) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, buffer.position, "the tensor's data lies outside the flatbuffer");
        return;
    }
    picket_vector_t data = picket_field_vector(reader, &buffer, BUFFER_DATA, 1);
    if (picket_failed(reader) || data.count == 0) {
        return;
    }
    if (data.count != tensor->bytes) {
        picket_fail_values(
            reader, PICKET_ERROR_INVALID, "the tensor's data has another size than its shape and type say",
            (int32_t)data.count, (int32_t)tensor->bytes);
        return;
    }
    tensor->data_position = data.position;
}

static void read_quantization(picket_reader_t *reader, const picket_table_t *table, picket_tensor_info_t *tensor) {
    picket_table_t quantization = picket_field_table(reader, table, TENSOR_QUANTIZATION);
    if (picket_field_u8(reader, &quantization, QUANTIZATION_DETAILS, 0) != 0) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, quantization.position, "custom quantisation is not supported");
        return;
    }
    tensor->scales = picket_field_vector(reader, &quantization, QUANTIZATION_SCALE, 4);
    tensor->zero_points = picket_field_vector(reader, &quantization, QUANTIZATION_ZERO_POINT, 8);
    tensor->channel_axis = picket_field_i32(reader, &quantization, QUANTIZATION_AXIS, 0);
}

void picket_tensor_read(
    picket_reader_t *reader, const picket_model_t *model, int32_t index, picket_tensor_info_t *tensor) {
    const picket_tensor_info_t blank = {0};
    *tensor = blank;
    tensor->index = index;
    tensor->elements = 1;
    if (picket_failed(reader)) {
        return;
    }
    if (index < 0 || (uint32_t)index >= model->tensors.count) {
        picket_fail(reader, PICKET_ERROR_FILE, 0, "a tensor index is out of range");
    }
    picket_table_t table = picket_vector_table(reader, &model->tensors, (uint32_t)index);
    read_shape(reader, &table, tensor);
    read_type(reader, &table, tensor);
    read_data(reader, model, &table, tensor);
    read_quantization(reader, &table, tensor);
    tensor->variable = picket_field_u8(reader, &table, TENSOR_VARIABLE, 0) != 0;
    picket_table_t sparsity = picket_field_table(reader, &table, TENSOR_SPARSITY);
    if (sparsity.position) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, sparsity.position, "sparse tensors are not supported");
    }
    if (picket_failed(reader) && reader->error->tensor_index < 0) {
        reader->error->tensor_index = index;
    }
}

void picket_operator_read(
    picket_reader_t *reader, const picket_model_t *model, const picket_table_t *table, int32_t *code,
    int32_t *version) {
    picket_table_t entry =
        picket_vector_table(reader, &model->codes, picket_field_u32(reader, table, OPERATOR_CODE_INDEX, 0));
    /* Old files have the code in a byte, newer ones in an int32; the larger one is meant. */
    int32_t old_code = (int8_t)picket_field_u8(reader, &entry, CODE_DEPRECATED, 0);
    int32_t new_code = picket_field_i32(reader, &entry, CODE_BUILTIN, 0);
    *code = new_code > old_code ? new_code : old_code;
    *version = picket_field_i32(reader, &entry, CODE_VERSION, 1);
}
