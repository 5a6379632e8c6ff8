#include "variable.h"

enum { FIELD_INIT_SUBGRAPH = 0 };

/* What an ASSIGN_VARIABLE of one of the file's subgraphs assigns, and to which of the model's variables. */
static bool read_assignment(
    picket_prepare_t *op, picket_loader_t *loader, const picket_prepare_t *assignment, int32_t *variable,
    picket_tensor_info_t *value) {
    picket_prepare_t handle;
    *variable = -1;
    if (assignment->inputs.count != 2) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "ASSIGN_VARIABLE needs a handle and a value");
    }
    if (!picket_find_handle(op, loader, picket_vector_i32(op->reader, &assignment->inputs, 0), &handle)) {
        return false;
    }
    *variable = picket_find_variable(op, &handle);
    picket_tensor_read(op->reader, &loader->model, picket_vector_i32(op->reader, &assignment->inputs, 1), value);
    return !picket_failed(op->reader);
}

/* Go over the subgraph that CALL_ONCE names: constants for variables, nothing else. */
static void initialize(picket_prepare_t *op) {
    picket_reader_t *reader = op->reader;
    picket_loader_t loader = *op->loader;
    const int32_t index = picket_field_i32(reader, &op->options, FIELD_INIT_SUBGRAPH, 0);
    if (index < 1) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the subgraph can't be called");
        return;
    }
    picket_model_open_subgraph(reader, (uint32_t)index, &loader.model);
    for (uint32_t i = 0; i < loader.model.operators.count && !picket_failed(reader); i++) {
        picket_prepare_t step;
        picket_tensor_info_t value;
        int32_t variable;
        picket_load_operator(&loader, i, &step);
        if (step.code == PICKET_CODE_VAR_HANDLE) {
            continue;
        }
        if (step.code != PICKET_CODE_ASSIGN_VARIABLE) {
            picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "CALL_ONCE of more than constants for variables");
            return;
        }
        if (!read_assignment(op, &loader, &step, &variable, &value) || !picket_expect_constant(op, &value)) {
            return;
        }
        if (variable < 0) {
            continue; /* of no use to the model */
        }
        if (!picket_keep_item(op, (uint32_t)variable, value.bytes)) {
            return;
        }
        uint8_t *memory = picket_take_initial_value(op, variable);
        for (uint32_t k = 0; memory && k < value.bytes; k++) {
            memory[k] = reader->base[value.data_position + k];
        }
    }
}

/* Variables are initialised when the model is opened; so no operator may use one before this. */
void picket_prepare_call_once(picket_prepare_t *op) {
    if (!picket_expect_counts(op, 0, 0, 0)) {
        return;
    }
    for (uint32_t i = 0; i < op->index && !picket_failed(op->reader); i++) {
        picket_prepare_t other;
        picket_load_operator(op->loader, i, &other);
        if (other.code == PICKET_CODE_READ_VARIABLE || other.code == PICKET_CODE_ASSIGN_VARIABLE) {
            picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "a variable is used before CALL_ONCE");
            return;
        }
    }
    initialize(op);
    picket_use_no_kernel(op);
}
