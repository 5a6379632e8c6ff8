#include "variable.h"

enum { FIELD_CONTAINER = 0, FIELD_NAME = 1 }; /* of VAR_HANDLE */

static bool same_text(picket_reader_t *reader, const picket_prepare_t *a, const picket_prepare_t *b, uint32_t field) {
    const picket_vector_t x = picket_field_vector(reader, &a->options, field, 1);
    const picket_vector_t y = picket_field_vector(reader, &b->options, field, 1);
    if (picket_failed(reader) || x.count != y.count) {
        return false;
    }
    for (uint32_t i = 0; i < x.count; i++) {
        if (reader->base[x.position + i] != reader->base[y.position + i]) {
            return false;
        }
    }
    return true;
}

bool picket_find_handle(picket_prepare_t *op, picket_loader_t *loader, int32_t tensor, picket_prepare_t *handle) {
    picket_reader_t *reader = op->reader;
    for (uint32_t i = 0; i < loader->model.operators.count && !picket_failed(reader); i++) {
        picket_load_operator(loader, i, handle);
        if (handle->code == PICKET_CODE_VAR_HANDLE && handle->outputs.count == 1
            && picket_vector_i32(reader, &handle->outputs, 0) == tensor) {
            return true;
        }
    }
    return picket_refuse(op, PICKET_ERROR_INVALID, "the variable's handle does not come from VAR_HANDLE");
}

int32_t picket_find_variable(picket_prepare_t *op, const picket_prepare_t *handle) {
    picket_reader_t *reader = op->reader;
    for (uint32_t i = 0; i < op->loader->model.operators.count && !picket_failed(reader); i++) {
        picket_prepare_t other;
        picket_load_operator(op->loader, i, &other);
        if (other.code == PICKET_CODE_VAR_HANDLE && other.outputs.count == 1
            && same_text(reader, handle, &other, FIELD_CONTAINER) && same_text(reader, handle, &other, FIELD_NAME)) {
            return picket_vector_i32(reader, &other.outputs, 0);
        }
    }
    return -1;
}

uint8_t *picket_take_initial_value(picket_prepare_t *op, int32_t variable) {
    picket_item_t *item = &op->loader->items[variable];
    if (!op->loader->arena || item->first != 0) {
        return NULL;
    }
    item->first = 1;
    return op->loader->arena + item->offset_bytes;
}

int32_t picket_prepare_variable_copy(picket_prepare_t *op, const picket_tensor_info_t *tensor, bool to_variable) {
    picket_prepare_t handle;
    if (!picket_find_handle(op, op->loader, picket_vector_i32(op->reader, &op->inputs, 0), &handle)) {
        return -1;
    }
    picket_tensor_info_t variable = *tensor;
    variable.index = picket_find_variable(op, &handle);
    variable.data_position = 0;
    if (variable.index < 0 || !picket_keep_item(op, (uint32_t)variable.index, tensor->bytes)) {
        return -1;
    }
    picket_copy_params_t *copy = (picket_copy_params_t *)picket_use_params(op, sizeof *copy);
    copy->bytes = tensor->bytes;
    picket_use_tensor(op, to_variable ? tensor : &variable);
    picket_use_tensor(op, to_variable ? &variable : tensor);
    op->kernel = PICKET_KERNEL_copy;
    return variable.index;
}

void picket_use_no_kernel(picket_prepare_t *op) {
    picket_use_params(op, sizeof(picket_copy_params_t));
    picket_use_nothing(op);
    picket_use_nothing(op);
    op->kernel = PICKET_KERNEL_copy;
}
