#include "model_load.h"

#include "kernels.h"

enum { OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2, OPERATOR_OPTIONS_TYPE = 3, OPERATOR_OPTIONS = 4 };

static uint32_t aligned(uint32_t bytes) {
    return (bytes + PICKET_ARENA_ALIGN - 1) & ~(uint32_t)(PICKET_ARENA_ALIGN - 1);
}

void picket_load_operator(picket_loader_t *loader, uint32_t index, picket_prepare_t *op) {
    picket_reader_t *reader = &loader->reader;
    picket_table_t table = picket_vector_table(reader, &loader->model.operators, index);
    op->loader = loader;
    op->reader = reader;
    op->index = index;
    op->ref_count = 0;
    op->params_bytes = 0;
    picket_operator_read(reader, &loader->model, &table, &op->code, &op->version);
    op->inputs = picket_field_vector(reader, &table, OPERATOR_INPUTS, 4);
    op->outputs = picket_field_vector(reader, &table, OPERATOR_OUTPUTS, 4);
    op->options_type = picket_field_u8(reader, &table, OPERATOR_OPTIONS_TYPE, 0);
    op->options = picket_field_table(reader, &table, OPERATOR_OPTIONS);
}

/* Name the operator in a fault that was noted while it was looked at. */
static bool operator_failed(picket_loader_t *loader, const picket_prepare_t *op) {
    picket_error_t *error = loader->reader.error;
    if (error->status == PICKET_OK) {
        return false;
    }
    if (error->operator_index < 0) {
        error->operator_index = (int32_t)op->index;
        error->operator_code = op->code;
    }
    return true;
}

/* The tensor becomes known: computed at this time. */
static void define(picket_loader_t *loader, int32_t index, uint32_t time, picket_fault_t again) {
    picket_reader_t *reader = &loader->reader;
    picket_tensor_info_t tensor;
    picket_tensor_read(reader, &loader->model, index, &tensor);
    if (picket_failed(reader)) {
        return;
    }
    if (tensor.data_position || loader->items[index].first != PICKET_NEVER) {
        picket_note(reader, again, 0);
    } else if (tensor.variable) {
        picket_fail(reader, PICKET_ERROR_INVALID, 0, "an operator or the model's user writes a variable tensor");
    } else if (tensor.type == PICKET_INT4) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, 0, "int4 is supported for weights only");
    }
    if (picket_failed(reader)) {
        reader->error->tensor_index = index;
        return;
    }
    loader->items[index].bytes = tensor.bytes;
    loader->items[index].first = loader->items[index].last = (uint16_t)time;
}

/* The bytes that a variable tensor begins with: its zero point if it is int8, as in TFLite Micro, else zeros. */
static uint8_t initial_byte(picket_reader_t *reader, const picket_tensor_info_t *tensor) {
    if (tensor->type != PICKET_INT8 || tensor->zero_points.count == 0) {
        return 0;
    }
    return (uint8_t)(picket_vector_i64(reader, &tensor->zero_points, 0) & 0xff);
}

/* The tensor is needed at this time: it must be constant or known by then. */
static void need(picket_loader_t *loader, int32_t index, uint32_t time) {
    picket_reader_t *reader = &loader->reader;
    picket_tensor_info_t tensor;
    picket_tensor_read(reader, &loader->model, index, &tensor);
    if (picket_failed(reader) || tensor.data_position) {
        return;
    }
    picket_item_t *item = &loader->items[index];
    if (tensor.variable) { /* state of the operators that use it: alive before the first one and behind the last */
        item->bytes = tensor.bytes;
        item->first = 0;
        item->last = (uint16_t)(loader->model.operators.count + 1);
        initial_byte(reader, &tensor); /* a fault is to be found while measuring */
        return;
    }
    if (item->first == PICKET_NEVER) {
        picket_fail(reader, PICKET_ERROR_INVALID, 0, "the tensor is used before anything computes it");
    }
    if (picket_failed(reader)) {
        reader->error->tensor_index = index;
        return;
    }
    item->last = (uint16_t)time;
}

/* Follow the data through the graph: when each tensor is written first and used last. */
static void find_lifetimes(picket_loader_t *loader) {
    picket_reader_t *reader = &loader->reader;
    const picket_model_t *model = &loader->model;
    for (uint32_t i = 0; i < model->tensors.count + model->operators.count; i++) {
        const picket_item_t unused = {0, UINT32_MAX, PICKET_NEVER, 0, (uint16_t)i, 0};
        loader->items[i] = unused;
    }
    for (uint32_t i = 0; i < model->inputs.count && !picket_failed(reader); i++) {
        define(
            loader, picket_vector_i32(reader, &model->inputs, i), 0,
            PICKET_FAULT(PICKET_ERROR_INVALID, "an input of the model is constant or given twice"));
    }
    for (uint32_t i = 0; i < model->operators.count && !picket_failed(reader); i++) {
        picket_prepare_t op;
        picket_load_operator(loader, i, &op);
        for (uint32_t k = 0; k < op.inputs.count && !picket_failed(reader); k++) {
            int32_t index = picket_vector_i32(reader, &op.inputs, k);
            if (index != -1) { /* -1 is an optional input that is absent */
                need(loader, index, i + 1);
            }
        }
        for (uint32_t k = 0; k < op.outputs.count && !picket_failed(reader); k++) {
            define(
                loader, picket_vector_i32(reader, &op.outputs, k), i + 1,
                PICKET_FAULT(
                    PICKET_ERROR_INVALID, "an operator writes a constant, an input or a tensor that was written before"));
        }
        if (operator_failed(loader, &op)) {
            return;
        }
    }
    for (uint32_t i = 0; i < model->outputs.count && !picket_failed(reader); i++) {
        int32_t index = picket_vector_i32(reader, &model->outputs, i);
        need(loader, index, model->operators.count + 1);
        if (!picket_failed(reader) && loader->items[index].first == PICKET_NEVER) {
            picket_fail(reader, PICKET_ERROR_UNSUPPORTED, 0, "an output of the model is constant");
            reader->error->tensor_index = index;
        }
    }
}

static void write_record(const picket_prepare_t *op, uint8_t *at, uint32_t words) {
    picket_record_t *record = (picket_record_t *)(void *)at;
    record->kernel = op->kernel;
    record->code = (uint8_t)op->code;
    record->ref_count = op->ref_count;
    record->words = (uint8_t)words;
    uint32_t *refs = (uint32_t *)(void *)(at + sizeof *record);
    for (uint32_t i = 0; i < op->ref_count; i++) {
        refs[i] = op->refs[i];
    }
    uint8_t *params = (uint8_t *)(refs + op->ref_count);
    for (uint32_t i = 0; i < op->params_bytes; i++) {
        params[i] = op->params.bytes[i];
    }
}

/* Inputs and outputs that are quantised must be so in a way that their user can apply. */
static void check_ends(picket_loader_t *loader, const picket_vector_t *ends) {
    picket_reader_t *reader = &loader->reader;
    picket_prepare_t op = {.loader = loader, .reader = reader};
    for (uint32_t i = 0; i < ends->count && !picket_failed(reader); i++) {
        picket_tensor_info_t tensor;
        picket_real_t scale;
        int32_t zero_point;
        picket_tensor_read(reader, &loader->model, picket_vector_i32(reader, ends, i), &tensor);
        if (tensor.bytes == 0) {
            picket_refuse_tensor(&op, &tensor, PICKET_ERROR_UNSUPPORTED, "a variable's handle is an input or output");
        } else if (tensor.scales.count) {
            picket_quantization(&op, &tensor, &scale, &zero_point);
        }
    }
}

/* Prepare all operators in order; with an arena, write their records. */
static void prepare_operators(picket_loader_t *loader, uint32_t records_offset) {
    loader->records_bytes = 0;
    loader->tables_bytes = 0;
    for (uint32_t i = 0; i < loader->model.operators.count; i++) {
        picket_prepare_t op;
        picket_load_operator(loader, i, &op);
        if (!picket_failed(&loader->reader)) {
            picket_prepare_operator(&op);
        }
        if (operator_failed(loader, &op)) {
            return;
        }
        uint32_t words = 1u + op.ref_count + op.params_bytes / 4u;
        if (loader->arena) {
            write_record(&op, loader->arena + records_offset + loader->records_bytes, words);
        }
        loader->records_bytes += 4 * words;
    }
}

static bool check_memory(picket_reader_t *reader, const void *memory, size_t bytes, size_t needed, picket_fault_t fault) {
    if (bytes < needed || (uintptr_t)memory % PICKET_ARENA_ALIGN != 0) {
        picket_note(reader, fault, 0);
        reader->error->needed_bytes = needed;
        return false;
    }
    return true;
}

/* Zero all memory but variable tensors that begin with something else. */
static void clear_memory(picket_loader_t *loader, uint32_t offset, uint32_t bytes) {
    picket_reader_t *reader = &loader->reader;
    for (uint32_t i = 0; i < bytes; i++) {
        loader->arena[offset + i] = 0;
    }
    for (uint32_t index = 0; index < loader->model.tensors.count; index++) {
        const picket_item_t *item = &loader->items[index];
        picket_tensor_info_t tensor;
        if (item->first == PICKET_NEVER) {
            continue;
        }
        picket_tensor_read(reader, &loader->model, (int32_t)index, &tensor);
        const uint8_t byte = tensor.variable ? initial_byte(reader, &tensor) : 0;
        for (uint32_t i = 0; byte && i < tensor.bytes; i++) {
            loader->arena[item->offset_bytes + i] = byte;
        }
    }
}

static void write_engine(const picket_loader_t *loader, uint32_t records_offset) {
    picket_engine_t *engine = (picket_engine_t *)(void *)loader->arena;
    engine->file = loader->reader.base;
    engine->file_bytes = loader->reader.bytes;
    engine->model = loader->model;
    engine->records_offset = records_offset;
    engine->magic = PICKET_ENGINE_MAGIC;
    uint32_t *refs = picket_engine_refs(engine);
    picket_reader_t reader = loader->reader;
    for (uint32_t i = 0; i < loader->model.inputs.count; i++) {
        *refs++ = loader->items[loader->items[picket_vector_i32(&reader, &loader->model.inputs, i)].root].offset_bytes;
    }
    for (uint32_t i = 0; i < loader->model.outputs.count; i++) {
        *refs++ = loader->items[loader->items[picket_vector_i32(&reader, &loader->model.outputs, i)].root].offset_bytes;
    }
}

uint32_t *picket_engine_refs(const picket_engine_t *engine) {
    return (uint32_t *)(void *)((uint8_t *)(uintptr_t)engine + aligned(sizeof *engine));
}

picket_engine_t *picket_load(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, void *arena, size_t *arena_bytes,
    picket_error_t *error) {
    picket_loader_t loader = {
        .reader = {(const uint8_t *)model, (uint32_t)model_bytes, error}, .items = (picket_item_t *)work};
    picket_reader_t *reader = &loader.reader;
    picket_model_open(reader, &loader.model);
    const uint32_t tensors = loader.model.tensors.count;
    const uint32_t operators = loader.model.operators.count;
    if (picket_failed(reader)
        || !check_memory(
            reader, work, work_bytes, (size_t)(tensors + operators) * sizeof(picket_item_t),
            PICKET_FAULT(PICKET_ERROR_MEMORY, "the work memory is too small or misaligned"))) {
        return NULL;
    }

    find_lifetimes(&loader);
    check_ends(&loader, &loader.model.inputs);
    check_ends(&loader, &loader.model.outputs);
    if (!picket_failed(reader)) {
        prepare_operators(&loader, 0);
    }
    if (picket_failed(reader)) {
        return NULL;
    }
    const uint32_t planned_bytes = picket_plan(loader.items, tensors + operators);
    const uint32_t refs_bytes = 4 * (loader.model.inputs.count + loader.model.outputs.count);
    const uint32_t records_offset = aligned(aligned(sizeof(picket_engine_t)) + refs_bytes);
    const uint32_t tables_offset = aligned(records_offset + loader.records_bytes);
    const uint32_t activations_offset = aligned(tables_offset + loader.tables_bytes);
    if (planned_bytes == UINT32_MAX || activations_offset > INT32_MAX - planned_bytes) {
        picket_fail(reader, PICKET_ERROR_UNSUPPORTED, 0, "the model needs too much memory");
        return NULL;
    }
    const size_t needed = (size_t)activations_offset + planned_bytes;
    if (!arena) {
        *arena_bytes = needed;
        return NULL;
    }
    if (!check_memory(
            reader, arena, *arena_bytes, needed,
            PICKET_FAULT(PICKET_ERROR_MEMORY, "the arena is too small or misaligned"))) {
        return NULL;
    }
    for (uint32_t i = 0; i < tensors + operators; i++) {
        loader.items[i].offset_bytes += activations_offset;
    }
    loader.arena = (uint8_t *)arena;
    loader.tables_offset = tables_offset;
    clear_memory(&loader, activations_offset, planned_bytes);
    prepare_operators(&loader, records_offset);
    if (picket_failed(reader)) {
        return NULL;
    }
    write_engine(&loader, records_offset);
    return (picket_engine_t *)arena;
}
