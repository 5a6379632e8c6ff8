/* The portable engine behind engine.h: opening, running, and looking at inputs and outputs. */
#include "engine.h"

#include "float_bits.h"
#include "kernels.h"
#include "model_load.h"

const char *picket_engine_name(void) {
    return "portable";
}

const char *picket_operator_name(int32_t operator_code) {
    /* A switch, not a table: a dynamic module may not hold pointers in its data. */
    switch (operator_code) {
#define OPERATOR(code, name, version, options, prepare) \
    case code:                                          \
        return #name;
#include "operators.def"
#undef OPERATOR
        default:
            return "?";
    }
}

static void clear_error(picket_error_t *error) {
    const picket_error_t none = {.operator_index = -1, .operator_code = -1, .tensor_index = -1};
    *error = none;
}

/* The file's length as the loader counts it; offsets in a flatbuffer have 32 bits. */
static bool check_file(const void *model, size_t model_bytes, picket_error_t *error) {
    clear_error(error);
    if (!model || model_bytes > INT32_MAX) {
        error->what = picket_fault_what(PICKET_FAULT(PICKET_ERROR_ARGUMENT, "no model, or one of more than 2^31 - 1 bytes"));
        error->status = PICKET_ERROR_ARGUMENT;
        return false;
    }
    return true;
}

picket_status_t picket_engine_work_bytes(
    const void *model, size_t model_bytes, size_t *work_bytes, picket_error_t *error) {
    picket_model_t parts;
    if (check_file(model, model_bytes, error)) {
        picket_reader_t reader = {(const uint8_t *)model, (uint32_t)model_bytes, error};
        picket_model_open(&reader, &parts);
        *work_bytes = (size_t)(parts.tensors.count + parts.operators.count) * sizeof(picket_item_t);
    }
    return error->status;
}

picket_status_t picket_engine_measure(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, size_t *arena_bytes, picket_error_t *error) {
    if (check_file(model, model_bytes, error)) {
        picket_load(model, model_bytes, work, work_bytes, NULL, arena_bytes, error);
    }
    return error->status;
}

picket_status_t picket_engine_open(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, void *arena, size_t arena_bytes,
    picket_engine_t **engine, picket_error_t *error) {
    *engine = NULL;
    if (check_file(model, model_bytes, error)) {
        if (!arena) {
            error->what = picket_fault_what(PICKET_FAULT(PICKET_ERROR_ARGUMENT, "no arena"));
            error->status = PICKET_ERROR_ARGUMENT;
            return error->status;
        }
        *engine = picket_load(model, model_bytes, work, work_bytes, arena, &arena_bytes, error);
    }
    return error->status;
}

void picket_engine_close(picket_engine_t *engine) {
    engine->magic = 0;
}

static bool is_open(const picket_engine_t *engine) {
    return engine && engine->magic == PICKET_ENGINE_MAGIC;
}

static void *resolve(const picket_engine_t *engine, uint32_t ref) {
    if (ref == PICKET_REF_NONE) {
        return NULL;
    }
    const uint8_t *base = ref & PICKET_REF_FILE ? engine->file : (const uint8_t *)engine;
    return (void *)(uintptr_t)(base + (ref & ~PICKET_REF_FILE));
}

static const picket_record_t *first_record(const picket_engine_t *engine) {
    return (const picket_record_t *)(const void *)((const uint8_t *)engine + engine->records_offset);
}

static const picket_record_t *next_record(const picket_record_t *record) {
    return record + record->words; /* a header is one word */
}

static const picket_record_t *find_record(const picket_engine_t *engine, uint32_t index) {
    const picket_record_t *record = first_record(engine);
    while (index--) {
        record = next_record(record);
    }
    return record;
}

static void run(const picket_engine_t *engine, const picket_record_t *record) {
    void *memory[PICKET_MAX_REFS];
    const uint32_t *refs = (const uint32_t *)(const void *)(record + 1);
    for (uint32_t i = 0; i < record->ref_count; i++) {
        memory[i] = resolve(engine, refs[i]);
    }
    const void *params = refs + record->ref_count;
    switch (record->kernel) {
#define KERNEL(name)                   \
    case PICKET_KERNEL_##name:         \
        picket_##name(params, memory); \
        break;
#include "kernels.def"
#undef KERNEL
        default:
            break;
    }
}

picket_status_t picket_engine_invoke(picket_engine_t *engine) {
    if (!is_open(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    const picket_record_t *record = first_record(engine);
    for (uint32_t i = 0; i < engine->model.operators.count; i++, record = next_record(record)) {
        run(engine, record);
    }
    return PICKET_OK;
}

uint32_t picket_engine_operator_count(const picket_engine_t *engine) {
    return is_open(engine) ? engine->model.operators.count : 0;
}

picket_status_t picket_engine_step(picket_engine_t *engine, uint32_t operator_index) {
    if (operator_index >= picket_engine_operator_count(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    run(engine, find_record(engine, operator_index));
    return PICKET_OK;
}

const char *picket_engine_operator_name(const picket_engine_t *engine, uint32_t operator_index) {
    return picket_operator_name(
        operator_index < picket_engine_operator_count(engine) ? find_record(engine, operator_index)->code : -1);
}

uint32_t picket_engine_input_count(const picket_engine_t *engine) {
    return is_open(engine) ? engine->model.inputs.count : 0;
}

uint32_t picket_engine_output_count(const picket_engine_t *engine) {
    return is_open(engine) ? engine->model.outputs.count : 0;
}

/* The file was checked when it was opened, so that reading it again can't fail. */
static void describe(
    const picket_engine_t *engine, const picket_vector_t *vector, uint32_t index, uint32_t ref,
    picket_tensor_t *tensor) {
    picket_error_t error;
    clear_error(&error);
    picket_reader_t reader = {engine->file, engine->file_bytes, &error};
    picket_tensor_info_t info;
    picket_tensor_read(&reader, &engine->model, picket_vector_i32(&reader, vector, index), &info);
    tensor->type = info.type;
    tensor->rank = info.rank;
    for (int32_t axis = 0; axis < PICKET_MAX_RANK; axis++) {
        tensor->dims[axis] = info.dims[axis];
    }
    tensor->scale =
        picket_float_from_bits(info.scales.count ? (uint32_t)picket_vector_i32(&reader, &info.scales, 0) : 0);
    tensor->zero_point = info.zero_points.count ? picket_vector_i64(&reader, &info.zero_points, 0) : 0;
    tensor->bytes = info.bytes;
    tensor->elements = info.elements;
    tensor->data = resolve(engine, ref);
}

picket_status_t picket_engine_input(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor) {
    if (index >= picket_engine_input_count(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    describe(engine, &engine->model.inputs, index, picket_engine_refs(engine)[index], tensor);
    return PICKET_OK;
}

picket_status_t picket_engine_output(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor) {
    if (index >= picket_engine_output_count(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    describe(
        engine, &engine->model.outputs, index, picket_engine_refs(engine)[engine->model.inputs.count + index], tensor);
    return PICKET_OK;
}
