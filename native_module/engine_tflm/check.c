#include "check.h"

#include "../engine/model_load.h"

/* Numbers of fields in TFLite's schema. */
enum { MODEL_METADATA = 6, METADATA_NAME = 0 };
enum { OPERATOR_INPUTS = 1, OPERATOR_INTERMEDIATES = 8 };

/* TFLite's codes of operators whose options name a subgraph, a vector or a string. */
enum {
    OP_RESHAPE = 22,
    OP_SQUEEZE = 43,
    OP_IF = 118,
    OP_WHILE = 119,
    OP_CALL_ONCE = 129,
    OP_VAR_HANDLE = 142,
    OP_ASSIGN_VARIABLE = 144
};

/* TFLite's numbers of their types. */
enum { IF_OPTIONS = 92, WHILE_OPTIONS = 93, CALL_ONCE_OPTIONS = 103, VAR_HANDLE_OPTIONS = 111 };

#define MAX_SUBGRAPHS 16
#define MAX_TENSOR_BYTES (1u << 30) /* of all tensors together, so that no sum of TFLM's overflows on 32 bits */

int32_t picket_tflm_operator_code(picket_reader_t *reader, const picket_model_t *model, uint32_t index) {
    int32_t code, version;
    picket_table_t table = picket_vector_table(reader, &model->operators, index);
    picket_operator_read(reader, model, &table, &code, &version);
    return code;
}

static void count_tensors(picket_reader_t *reader, const picket_model_t *model, picket_tflm_counts_t *counts) {
    for (uint32_t i = 0; i < model->tensors.count && !picket_failed(reader); i++) {
        picket_tensor_info_t tensor;
        picket_tensor_read(reader, model, (int32_t)i, &tensor);
        counts->scales += tensor.scales.count;
        counts->variables_bytes += tensor.variable ? tensor.bytes : 0;
        if (counts->variables_bytes > MAX_TENSOR_BYTES) {
            picket_fail(reader, PICKET_ERROR_UNSUPPORTED, 0, "the model needs too much memory");
        }
    }
}

static void count_operators(picket_reader_t *reader, const picket_model_t *model, picket_tflm_counts_t *counts) {
    for (uint32_t i = 0; i < model->operators.count && !picket_failed(reader); i++) {
        int32_t code = picket_tflm_operator_code(reader, model, i);
        if (code == OP_VAR_HANDLE) {
            counts->variables++;
        } else if (code == OP_ASSIGN_VARIABLE) {
            picket_table_t table = picket_vector_table(reader, &model->operators, i);
            picket_vector_t inputs = picket_field_vector(reader, &table, OPERATOR_INPUTS, 4);
            picket_tensor_info_t value;
            picket_tensor_read(reader, model, picket_vector_i32(reader, &inputs, 1), &value);
            counts->variables_bytes += value.bytes;
        }
    }
}

void picket_tflm_count(picket_reader_t *reader, picket_tflm_counts_t *counts) {
    const picket_tflm_counts_t none = {0};
    picket_model_t model;
    *counts = none;
    counts->subgraphs = picket_model_open_subgraph(reader, 0, &model);
    if (!picket_failed(reader) && (model.inputs.count == 0 || model.outputs.count == 0)) {
        picket_fail(reader, PICKET_ERROR_INVALID, 0, "the model has no input or no output");
    }
    if (!picket_failed(reader) && counts->subgraphs > MAX_SUBGRAPHS) {
        picket_fail_values(
            reader, PICKET_ERROR_UNSUPPORTED, "the number of subgraphs", (int32_t)counts->subgraphs, MAX_SUBGRAPHS);
    }
    for (uint32_t i = 0; i < counts->subgraphs && !picket_failed(reader); i++) {
        picket_model_open_subgraph(reader, i, &model);
        uint32_t items = model.tensors.count + model.operators.count;
        counts->tensors += model.tensors.count;
        counts->operators += model.operators.count;
        counts->widest = items > counts->widest ? items : counts->widest;
        count_tensors(reader, &model, counts);
        count_operators(reader, &model, counts);
    }
}

size_t picket_tflm_check_bytes(const picket_tflm_counts_t *counts) {
    return (size_t)counts->widest * sizeof(picket_item_t);
}

/* A model may bring a memory plan of its own, whose offsets TFLM would use unseen. */
static void check_metadata(picket_reader_t *reader) {
    static const char plan[] = "OfflineMemoryAllocation";
    picket_table_t root = picket_root(reader);
    picket_vector_t metadata = picket_field_vector(reader, &root, MODEL_METADATA, 4);
    for (uint32_t i = 0; i < metadata.count && !picket_failed(reader); i++) {
        picket_table_t entry = picket_vector_table(reader, &metadata, i);
        picket_vector_t name = picket_field_vector(reader, &entry, METADATA_NAME, 1);
        uint32_t same = 0;
        while (same < name.count && same < sizeof plan - 1
               && reader->base[name.position + same] == (uint8_t)plan[same]) {
            same++;
        }
        if (same == name.count && same == sizeof plan - 1) {
            picket_fail(reader, PICKET_ERROR_UNSUPPORTED, name.position, "the model brings its own memory plan");
        }
    }
}

/*
 * Whether a tensor has a value by now. Kept in a field of the planner's, which does not run here; the others are
 * changed by the operators' checks.
 */
static bool is_known(const picket_loader_t *loader, uint32_t index) {
    return loader->items[index].next != 0;
}

static void make_known(picket_loader_t *loader, uint32_t index) {
    loader->items[index].next = 1;
}

static void check_tensor(picket_loader_t *loader, uint32_t index) {
    picket_reader_t *reader = &loader->reader;
    picket_tensor_info_t tensor;
    picket_tensor_read(reader, &loader->model, (int32_t)index, &tensor);
    if (picket_failed(reader)) {
        return;
    }
    if (tensor.type == PICKET_RESOURCE) { /* a handle of a variable */
        if (tensor.elements != 1 || tensor.data_position || tensor.variable) {
            picket_fail(reader, PICKET_ERROR_INVALID, 0, "a handle of a variable must be a single one and computed");
        }
        return;
    }
    if (tensor.data_position
        && ((uintptr_t)reader->base + tensor.data_position) % picket_type_bytes(tensor.type) != 0) {
        picket_fail(reader, PICKET_ERROR_INVALID, tensor.data_position, "the tensor's data is not aligned");
    } else if (tensor.variable && tensor.data_position) {
        picket_fail(reader, PICKET_ERROR_INVALID, tensor.data_position, "a variable tensor has constant data");
    } else if (tensor.zero_points.count < tensor.scales.count) { /* TFLM reads one of each */
        picket_fail(reader, PICKET_ERROR_INVALID, 0, "the tensor has fewer zero points than scales");
    }
    loader->items[index].bytes = tensor.bytes;
    if (tensor.data_position || tensor.variable) {
        make_known(loader, index);
    }
}

static void check_tensors(picket_loader_t *loader) {
    picket_reader_t *reader = &loader->reader;
    uint32_t total_bytes = 0;
    for (uint32_t i = 0; i < loader->model.tensors.count + loader->model.operators.count; i++) {
        const picket_item_t unused = {0, UINT32_MAX, PICKET_NEVER, 0, (uint16_t)i, 0};
        loader->items[i] = unused;
    }
    for (uint32_t i = 0; i < loader->model.tensors.count && !picket_failed(reader); i++) {
        check_tensor(loader, i);
        total_bytes += loader->items[i].bytes; /* below 2^29 each */
        if (!picket_failed(reader) && total_bytes > MAX_TENSOR_BYTES) {
            picket_fail(reader, PICKET_ERROR_UNSUPPORTED, 0, "the model needs too much memory");
        }
        if (picket_failed(reader) && reader->error->tensor_index < 0) {
            reader->error->tensor_index = (int32_t)i;
        }
    }
}

static void blame(picket_reader_t *reader, int32_t index, picket_status_t status, const char *what) {
    if (!picket_failed(reader)) {
        picket_fail(reader, status, 0, what);
        reader->error->tensor_index = index;
    }
}

static bool exists(picket_loader_t *loader, int32_t index) {
    if (index < 0 || (uint32_t)index >= loader->model.tensors.count) {
        blame(&loader->reader, index, PICKET_ERROR_FILE, "a tensor index is out of range");
    }
    return !picket_failed(&loader->reader);
}

/* The tensor becomes known. */
static void define(picket_loader_t *loader, int32_t index) {
    if (exists(loader, index) && is_known(loader, (uint32_t)index)) {
        blame(
            &loader->reader, index, PICKET_ERROR_INVALID, "the tensor is constant, a variable, or was written before");
    } else if (!picket_failed(&loader->reader)) {
        make_known(loader, (uint32_t)index);
    }
}

static void need(picket_loader_t *loader, int32_t index) {
    if (exists(loader, index) && !is_known(loader, (uint32_t)index)) {
        blame(&loader->reader, index, PICKET_ERROR_INVALID, "the tensor is used before anything computes it");
    }
}

/* For operators whose options TFLM follows without looking whether they are there. */
static void need_options(picket_prepare_t *op, uint32_t type) {
    if (op->options_type != type || op->options.position == 0) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the options are missing or belong to another operator");
    }
}

/* A field of the options that names a subgraph. Only later ones may be named, so that no subgraph can run itself. */
static void check_subgraph(picket_prepare_t *op, uint32_t field, uint32_t own, uint32_t subgraphs) {
    uint32_t index = picket_field_u32(op->reader, &op->options, field, 0);
    if (index <= own || index >= subgraphs) {
        picket_refuse(op, PICKET_ERROR_INVALID, "a subgraph that does not exist, or an earlier one");
    }
}

static void check_string(picket_prepare_t *op, uint32_t field) {
    picket_vector_t text = picket_field_vector(op->reader, &op->options, field, 1);
    if (text.position == 0) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the name of a variable is missing");
    } else if (
        (uint64_t)text.position + text.count >= op->reader->bytes
        || op->reader->base[text.position + text.count] != 0) {
        picket_refuse(op, PICKET_ERROR_FILE, "a text has no end");
    }
}

/* What TFLM reads of an operator's options through offsets; numbers are read in place and must only lie in the file. */
static void check_options(picket_prepare_t *op, uint32_t own, uint32_t subgraphs) {
    picket_reader_t *reader = op->reader;
    for (uint32_t at = 4; op->options.position && at + 2 <= op->options.vtable_bytes; at += 2) {
        uint32_t field = picket_read_u16(reader->base + op->options.vtable + at);
        uint32_t bytes = field % 4 == 0   ? 4
                         : field % 2 == 0 ? 2
                                          : 1; /* at the end of a table: as its place is aligned */
        if ((uint64_t)op->options.position + field + bytes > reader->bytes) {
            picket_fail(reader, PICKET_ERROR_FILE, op->options.vtable + at, "an option lies outside of the file");
            return;
        }
    }
    switch (op->code) {
        case OP_RESHAPE:
        case OP_SQUEEZE:
            picket_field_vector(reader, &op->options, 0, 4);
            break;
        case OP_IF:
        case OP_WHILE:
            need_options(op, op->code == OP_IF ? IF_OPTIONS : WHILE_OPTIONS);
            check_subgraph(op, 0, own, subgraphs);
            check_subgraph(op, 1, own, subgraphs);
            break;
        case OP_CALL_ONCE:
            need_options(op, CALL_ONCE_OPTIONS);
            check_subgraph(op, 0, own, subgraphs);
            break;
        case OP_VAR_HANDLE:
            need_options(op, VAR_HANDLE_OPTIONS);
            check_string(op, 0);
            check_string(op, 1);
            break;
        default:
            break;
    }
}

/* Name the operator in a fault that was noted while it was looked at. */
static void blame_operator(const picket_prepare_t *op) {
    picket_error_t *error = op->reader->error;
    if (error->status != PICKET_OK && error->operator_index < 0) {
        error->operator_index = (int32_t)op->index;
        error->operator_code = op->code;
    }
}

/* The operator's place in the graph, and what TFLM reads of it. */
static void check_place(picket_loader_t *loader, uint32_t index, uint32_t own, uint32_t subgraphs) {
    picket_reader_t *reader = &loader->reader;
    picket_prepare_t op;
    picket_load_operator(loader, index, &op);
    picket_table_t table = picket_vector_table(reader, &loader->model.operators, index);
    picket_vector_t intermediates = picket_field_vector(reader, &table, OPERATOR_INTERMEDIATES, 4);
    if (!picket_failed(reader) && picket_operator_name(op.code)[0] == '?') {
        picket_refuse(&op, PICKET_ERROR_UNSUPPORTED, "the engine does not have this operator");
    }
    for (uint32_t i = 0; i < op.inputs.count && !picket_failed(reader); i++) {
        int32_t tensor = picket_vector_i32(reader, &op.inputs, i);
        if (tensor != -1) { /* an optional input that is absent */
            need(loader, tensor);
        }
    }
    for (uint32_t i = 0; i < intermediates.count && !picket_failed(reader); i++) {
        exists(loader, picket_vector_i32(reader, &intermediates, i));
    }
    if (!picket_failed(reader)) {
        check_options(&op, own, subgraphs);
    }
    for (uint32_t i = 0; i < op.outputs.count && !picket_failed(reader); i++) {
        define(loader, picket_vector_i32(reader, &op.outputs, i));
    }
    blame_operator(&op);
}

/*
 * The portable engine's own checks, which take the place of every operator in the graph as checked. What that engine
 * lacks is refused here, too, unless the build says otherwise (check.h).
 */
static void check_by_portable_engine(picket_loader_t *loader, uint32_t index) {
    picket_prepare_t op;
    picket_load_operator(loader, index, &op);
    loader->tables_bytes = 0;
#if PICKET_TFLM_TRUST_UNCHECKED
    const picket_error_t none = *loader->reader.error;
    picket_prepare_operator(&op);
    if (loader->reader.error->status == PICKET_ERROR_UNSUPPORTED) {
        *loader->reader.error = none;
    }
#else
    picket_prepare_operator(&op);
#endif
    blame_operator(&op);
}

static void check_subgraph_ends(
    picket_loader_t *loader, const picket_vector_t *ends, void check(picket_loader_t *, int32_t)) {
    for (uint32_t i = 0; i < ends->count && !picket_failed(&loader->reader); i++) {
        check(loader, picket_vector_i32(&loader->reader, ends, i));
    }
}

/* The model's user gets views into the arena, so what he reads must have been computed there. */
static void need_computed(picket_loader_t *loader, int32_t index) {
    picket_tensor_info_t tensor;
    need(loader, index);
    picket_tensor_read(&loader->reader, &loader->model, index, &tensor);
    if (tensor.data_position) {
        blame(&loader->reader, index, PICKET_ERROR_UNSUPPORTED, "an output of the model is constant");
    }
}

void picket_tflm_check(picket_reader_t *reader, const picket_tflm_counts_t *counts, void *work) {
    check_metadata(reader);
    for (uint32_t own = 0; own < counts->subgraphs && !picket_failed(reader); own++) {
        picket_loader_t loader = {.reader = *reader, .items = (picket_item_t *)work};
        picket_model_open_subgraph(&loader.reader, own, &loader.model);
        check_tensors(&loader);
        check_subgraph_ends(&loader, &loader.model.inputs, define);
        for (uint32_t i = 0; i < loader.model.operators.count && !picket_failed(reader); i++) {
            check_place(&loader, i, own, counts->subgraphs);
        }
        check_subgraph_ends(&loader, &loader.model.outputs, own == 0 ? need_computed : need);
        for (uint32_t i = 0; i < loader.model.operators.count && !picket_failed(reader); i++) {
            check_by_portable_engine(&loader, i);
        }
    }
}
