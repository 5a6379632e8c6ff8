/* The portable engine behind engine.h: opening, running, and looking at inputs and outputs. */
#include "engine.h"

#include "float_bits.h"
#include "kernels.h"
#include "model_load.h"

const char *picket_engine_name(void) {
    return "portable";
}

static void clear_error(picket_error_t *error) {
    const picket_error_t none = {.operator_index = -1, .operator_code = -1, .tensor_index = -1};
    *error = none;
}

/* The file's length as the loader counts it; offsets in a flatbuffer have 32 bits. */
static bool check_file(const void *model, size_t model_bytes, picket_error_t *error) {
    clear_error(error);
    if (!model || model_bytes > INT32_MAX) {
        error->status = PICKET_ERROR_ARGUMENT;
        error->what = "no model, or one of more than 2^31 - 1 bytes";
        return false;
    }
    return true;
}

picket_status_t picket_engine_work_bytes(const void *model, size_t model_bytes, size_t *work_bytes, picket_error_t *error) {
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
    const void *model, size_t model_bytes, void *work, size_t work_bytes, void *arena, size_t arena_bytes, picket_engine_t **engine,
    picket_error_t *error) {
    *engine = NULL;
    if (check_file(model, model_bytes, error)) {
        if (!arena) {
            error->status = PICKET_ERROR_ARGUMENT;
            error->what = "no arena";
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
    return picket_operator_name(operator_index < picket_engine_operator_count(engine) ? find_record(engine, operator_index)->code : -1);
}

uint32_t picket_engine_input_count(const picket_engine_t *engine) {
    return is_open(engine) ? engine->model.inputs.count : 0;
}

uint32_t picket_engine_output_count(const picket_engine_t *engine) {
    return is_open(engine) ? engine->model.outputs.count : 0;
}

static uint32_t float_bits(float value) {
    union {
        float value;
        uint32_t bits;
    } both = {value};
    return both.bits;
}

static float float_from_bits(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } both = {bits};
    return both.value;
}

/* The file was checked when it was opened, so that reading it again can't fail. */
static void describe(const picket_engine_t *engine, const picket_vector_t *vector, uint32_t index, uint32_t ref, picket_tensor_t *tensor) {
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
    tensor->scale = float_from_bits(info.scales.count ? (uint32_t)picket_vector_i32(&reader, &info.scales, 0) : 0);
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
    describe(engine, &engine->model.outputs, index, picket_engine_refs(engine)[engine->model.inputs.count + index], tensor);
    return PICKET_OK;
}

static bool is_quantized(const picket_tensor_t *tensor) {
    return (tensor->type == PICKET_INT8 || tensor->type == PICKET_UINT8 || tensor->type == PICKET_INT16) && float_bits(tensor->scale) != 0;
}

static int32_t lowest_value(picket_type_t type) {
    return type == PICKET_INT8 ? INT8_MIN : type == PICKET_INT16 ? INT16_MIN : 0;
}

static int32_t highest_value(picket_type_t type) {
    return type == PICKET_INT8 ? INT8_MAX : type == PICKET_INT16 ? INT16_MAX : UINT8_MAX;
}

picket_status_t picket_engine_quantize(const picket_engine_t *engine, uint32_t index, const float *values, size_t count) {
    picket_tensor_t tensor;
    if (picket_engine_input(engine, index, &tensor) != PICKET_OK || count != tensor.elements) {
        return PICKET_ERROR_ARGUMENT;
    }
    if (tensor.type != PICKET_FLOAT32 && !is_quantized(&tensor)) {
        return PICKET_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < tensor.elements; i++) {
        if (tensor.type == PICKET_FLOAT32) {
            ((float *)tensor.data)[i] = values[i];
            continue;
        }
        const int32_t value = picket_quantize_bits(
            float_bits(values[i]), float_bits(tensor.scale), tensor.zero_point, lowest_value(tensor.type), highest_value(tensor.type));
        if (tensor.type == PICKET_INT16) {
            ((int16_t *)tensor.data)[i] = (int16_t)value;
        } else {
            ((uint8_t *)tensor.data)[i] = (uint8_t)value;
        }
    }
    return PICKET_OK;
}

picket_status_t picket_engine_dequantize(const picket_engine_t *engine, uint32_t index, float *values, size_t count) {
    picket_tensor_t tensor;
    if (picket_engine_output(engine, index, &tensor) != PICKET_OK || count != tensor.elements) {
        return PICKET_ERROR_ARGUMENT;
    }
    if (tensor.type != PICKET_FLOAT32 && !is_quantized(&tensor)) {
        return PICKET_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < tensor.elements; i++) {
        int32_t value;
        switch (tensor.type) {
            case PICKET_FLOAT32:
                values[i] = ((const float *)tensor.data)[i];
                continue;
            case PICKET_INT16:
                value = ((const int16_t *)tensor.data)[i];
                break;
            case PICKET_UINT8:
                value = ((const uint8_t *)tensor.data)[i];
                break;
            default:
                value = ((const int8_t *)tensor.data)[i];
                break;
        }
        values[i] = float_from_bits(picket_dequantize_bits(value - tensor.zero_point, float_bits(tensor.scale)));
    }
    return PICKET_OK;
}
