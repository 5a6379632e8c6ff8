/* Model: inference with a .tflite file; see engine/engine.h. */

#include "binding.h"

#include "../engine/engine.h"

typedef struct {
    mp_obj_base_t base;
    mp_obj_t buffer;       /* the file; weights are used where they lie, so it is kept alive */
    mp_obj_t arena_object; /* the caller's arena, kept alive, or None */
    uint8_t *arena;        /* the engine lies in it; named here so that the garbage collector sees it */
    size_t arena_bytes;
    size_t work_bytes; /* that opening takes */
    picket_engine_t *engine;
    mp_obj_tuple_t *inputs; /* of memoryviews, made once, so that input() and output() don't allocate */
    mp_obj_tuple_t *outputs;
} model_obj_t;

typedef picket_status_t describe_t(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor);

/* How Python sees a tensor's type. No pointers: a dynamic module's constants can't hold any. */
typedef struct {
    char name[8];
    char typecode; /* as in array.array */
    uint8_t item_bytes;
    uint8_t type; /* picket_type_t */
} item_type_t;

static const item_type_t *item_type(picket_type_t type) {
    static const item_type_t types[] = {
        {"int8", 'b', 1, PICKET_INT8},   {"int16", 'h', 2, PICKET_INT16}, {"float32", 'f', 4, PICKET_FLOAT32},
        {"int32", 'i', 4, PICKET_INT32}, {"uint8", 'B', 1, PICKET_UINT8}, {"int64", 'q', 8, PICKET_INT64},
        {"bool", 'B', 1, PICKET_BOOL},   {"int4", 'B', 1, PICKET_INT4}, /* two values a byte */
    };
    const item_type_t *found = types;
    while (found->type != type) { /* the engine gives no others */
        found++;
    }
    return found;
}

static void *allocate(size_t bytes, const char *what) {
    #if MICROPY_ENABLE_DYNRUNTIME
    void *memory = m_realloc_maybe(NULL, bytes, false);
    #else
    void *memory = m_malloc_maybe(bytes);
    #endif
    if (memory == NULL && bytes != 0) {
        picket_text_t t;
        picket_text_start(&t, what);
        picket_text_add(&t, " needs ");
        picket_text_add_number(&t, bytes);
        picket_text_add(&t, " bytes in one piece");
        picket_raise_memory_error(t.text);
    }
    return memory;
}

static NORETURN void raise_engine_error(const picket_error_t *error) {
    char text[PICKET_ERROR_BYTES];
    picket_error_text(error, text, sizeof(text));
    picket_raise_value_error(text);
}

static mp_obj_t new_view(const model_obj_t *self, const picket_tensor_t *tensor) {
    const item_type_t *type = item_type(tensor->type);
    size_t at = (size_t)((uint8_t *)tensor->data - self->arena) / type->item_bytes;
    return picket_new_view(self->arena, type->typecode, at, tensor->bytes / type->item_bytes);
}

/* What reset() opens anew: the same file in the same arena. */
static void open_engine(model_obj_t *self, void *work, picket_error_t *error) {
    size_t model_bytes;
    const void *model = picket_items(self->buffer, "buffer", 0, &model_bytes);
    picket_engine_open(
        model, model_bytes, work, self->work_bytes, self->arena, self->arena_bytes, &self->engine, error);
}

static mp_obj_tuple_t *new_views(const model_obj_t *self, uint32_t count, describe_t *describe) {
    mp_obj_tuple_t *views = MP_OBJ_TO_PTR(mp_obj_new_tuple(count, NULL));
    for (uint32_t i = 0; i < count; i++) {
        picket_tensor_t tensor;
        describe(self->engine, i, &tensor);
        views->items[i] = new_view(self, &tensor);
    }
    return views;
}

static void take_arena(model_obj_t *self, mp_obj_t arena_in) {
    self->arena_object = arena_in;
    if (arena_in == mp_const_none) {
        self->arena = allocate(self->arena_bytes, "the arena");
        return;
    }
    size_t bytes;
    self->arena = picket_writable_items(arena_in, "arena", 0, &bytes);
    if ((uintptr_t)self->arena % PICKET_ARENA_ALIGN != 0) {
        picket_raise_value_error("arena: must be aligned to 8 bytes");
    }
    if (bytes < self->arena_bytes) {
        picket_text_t t;
        picket_text_start(&t, "arena: the model needs ");
        picket_text_add_number(&t, self->arena_bytes);
        picket_text_add(&t, " bytes, this has ");
        picket_text_add_number(&t, bytes);
        picket_raise_memory_error(t.text);
    }
}

mp_obj_t picket_model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    enum { ARG_BUFFER, ARG_ARENA, ARG_COUNT };
    const mp_arg_t allowed[ARG_COUNT] = {
        { MP_QSTR_buffer, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_obj = MP_OBJ_NULL } },
        { MP_QSTR_arena, MP_ARG_OBJ, { .u_obj = mp_const_none } },
    };
    mp_arg_val_t given[ARG_COUNT];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, ARG_COUNT, allowed, given);

    size_t model_bytes;
    const void *model = picket_items(given[ARG_BUFFER].u_obj, "buffer", 0, &model_bytes);
    size_t work_bytes;
    picket_error_t error;
    if (picket_engine_work_bytes(model, model_bytes, &work_bytes, &error) != PICKET_OK) {
        raise_engine_error(&error);
    }
    model_obj_t *self = mp_obj_malloc(model_obj_t, type);
    self->buffer = given[ARG_BUFFER].u_obj;
    byte *work = allocate(work_bytes, "checking the model");
    while (picket_engine_measure(model, model_bytes, work, work_bytes, &self->arena_bytes, &error) != PICKET_OK
           && error.needed_bytes > work_bytes) {
        m_del(byte, work, work_bytes);
        work_bytes = error.needed_bytes;
        work = allocate(work_bytes, "checking the model");
    }
    if (error.status == PICKET_OK) {
        take_arena(self, given[ARG_ARENA].u_obj);
        self->work_bytes = work_bytes;
        open_engine(self, work, &error);
    }
    m_del(byte, work, work_bytes);
    if (error.status != PICKET_OK) {
        raise_engine_error(&error);
    }
    self->inputs = new_views(self, picket_engine_input_count(self->engine), picket_engine_input);
    self->outputs = new_views(self, picket_engine_output_count(self->engine), picket_engine_output);
    return MP_OBJ_FROM_PTR(self);
}

static size_t index_of(size_t n_args, const mp_obj_t *args, const mp_obj_tuple_t *views) {
    mp_int_t index = n_args > 1 ? mp_obj_get_int(args[1]) : 0;
    if (index < 0 || (size_t)index >= views->len) {
        picket_raise_value_error("the model has no tensor of this index");
    }
    return (size_t)index;
}

/* input(i=0), output(i=0): the memoryview of a tensor; neither allocates */
static mp_obj_t input(size_t n_args, const mp_obj_t *args) {
    const model_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return self->inputs->items[index_of(n_args, args, self->inputs)];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(input_obj, 1, 2, input);

static mp_obj_t output(size_t n_args, const mp_obj_t *args) {
    const model_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return self->outputs->items[index_of(n_args, args, self->outputs)];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(output_obj, 1, 2, output);

/* invoke(): inputs to outputs; does not allocate */
static mp_obj_t invoke(mp_obj_t self_in) {
    if (picket_engine_invoke(((model_obj_t *)MP_OBJ_TO_PTR(self_in))->engine) != PICKET_OK) {
        picket_raise_value_error("the model failed while it ran");
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(invoke_obj, invoke);

/*
 * reset(): variables as when the model was opened, inputs and outputs zero. The plan of the arena depends on the file
 * alone, so the views of the tensors stay right. Allocates work memory for as long as it takes.
 */
static mp_obj_t reset(mp_obj_t self_in) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    picket_error_t error;
    byte *work = allocate(self->work_bytes, "resetting the model");
    picket_engine_close(self->engine);
    open_engine(self, work, &error);
    m_del(byte, work, self->work_bytes);
    if (error.status != PICKET_OK) {
        raise_engine_error(&error); /* the file's memory was changed meanwhile */
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, reset);

/* Real values for or from a tensor: as many as it has elements. */
typedef struct {
    uint32_t tensor; /* its index */
    float *values;
    size_t count;
} floats_t;

static floats_t floats_of(mp_obj_t self_in, mp_obj_t index_in, mp_obj_t floats_in, bool is_input) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const mp_obj_t args[] = {self_in, index_in};
    floats_t floats;
    picket_tensor_t tensor;
    floats.tensor = (uint32_t)index_of(2, args, is_input ? self->inputs : self->outputs);
    if (is_input) { /* only read */
        floats.values = (float *)(uintptr_t)picket_items(floats_in, "floats", 'f', &floats.count);
        picket_engine_input(self->engine, floats.tensor, &tensor);
    } else {
        floats.values = picket_writable_items(floats_in, "floats", 'f', &floats.count);
        picket_engine_output(self->engine, floats.tensor, &tensor);
    }
    picket_need_exactly("floats", tensor.elements, floats.count);
    return floats;
}

static mp_obj_t none_if(picket_status_t status) {
    if (status != PICKET_OK) {
        picket_raise_value_error("this tensor is not quantised");
    }
    return mp_const_none;
}

/* quantize(i, floats): real values into input i; does not allocate */
static mp_obj_t quantize(mp_obj_t self_in, mp_obj_t index_in, mp_obj_t floats_in) {
    const picket_engine_t *engine = ((model_obj_t *)MP_OBJ_TO_PTR(self_in))->engine;
    const floats_t floats = floats_of(self_in, index_in, floats_in, true);
    return none_if(picket_engine_quantize(engine, floats.tensor, floats.values, floats.count));
}
static MP_DEFINE_CONST_FUN_OBJ_3(quantize_obj, quantize);

/* dequantize(i, floats): real values of output i; does not allocate */
static mp_obj_t dequantize(mp_obj_t self_in, mp_obj_t index_in, mp_obj_t floats_in) {
    const picket_engine_t *engine = ((model_obj_t *)MP_OBJ_TO_PTR(self_in))->engine;
    const floats_t floats = floats_of(self_in, index_in, floats_in, false);
    return none_if(picket_engine_dequantize(engine, floats.tensor, floats.values, floats.count));
}
static MP_DEFINE_CONST_FUN_OBJ_3(dequantize_obj, dequantize);

static mp_obj_t import(qstr module, qstr name) {
    return mp_load_attr(mp_import_name(module, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), name);
}

/* profile(): run the model once on what its inputs hold; a list of (operator's name, microseconds) */
static mp_obj_t profile(mp_obj_t self_in) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t ticks_us = import(MP_QSTR_time, MP_QSTR_ticks_us);
    mp_obj_t ticks_diff = import(MP_QSTR_time, MP_QSTR_ticks_diff);
    mp_obj_t result = mp_obj_new_list(0, NULL);
    for (uint32_t i = 0; i < picket_engine_operator_count(self->engine); i++) {
        mp_obj_t span[2]; /* end, begin */
        span[1] = mp_call_function_n_kw(ticks_us, 0, 0, NULL);
        picket_engine_step(self->engine, i);
        span[0] = mp_call_function_n_kw(ticks_us, 0, 0, NULL);
        mp_obj_t entry[2];
        entry[0] = picket_new_text(picket_engine_operator_name(self->engine, i));
        entry[1] = mp_call_function_n_kw(ticks_diff, 2, 0, span);
        mp_obj_list_append(result, mp_obj_new_tuple(2, entry));
    }
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_1(profile_obj, profile);

static mp_obj_t operator_names(const picket_engine_t *engine) {
    uint32_t count = picket_engine_operator_count(engine);
    mp_obj_t names = mp_obj_new_tuple(count, NULL);
    for (uint32_t i = 0; i < count; i++) {
        ((mp_obj_tuple_t *)MP_OBJ_TO_PTR(names))->items[i] = picket_new_text(picket_engine_operator_name(engine, i));
    }
    return names;
}

/* A tuple of named tuples: shape, dtype, scale, zero_point, nbytes. */
static mp_obj_t descriptions(const picket_engine_t *engine, uint32_t count, describe_t *describe) {
    mp_obj_t fields[] = {
        MP_OBJ_NEW_QSTR(MP_QSTR_shape), MP_OBJ_NEW_QSTR(MP_QSTR_dtype), MP_OBJ_NEW_QSTR(MP_QSTR_scale),
        MP_OBJ_NEW_QSTR(MP_QSTR_zero_point), MP_OBJ_NEW_QSTR(MP_QSTR_nbytes),
    };
    const mp_obj_t definition[] = {MP_OBJ_NEW_QSTR(MP_QSTR_Tensor), mp_obj_new_tuple(MP_ARRAY_SIZE(fields), fields)};
    mp_obj_t named = mp_call_function_n_kw(import(MP_QSTR_collections, MP_QSTR_namedtuple), 2, 0, definition);
    mp_obj_t result = mp_obj_new_tuple(count, NULL);
    for (uint32_t i = 0; i < count; i++) {
        picket_tensor_t tensor;
        describe(engine, i, &tensor);
        mp_obj_t dims[PICKET_MAX_RANK];
        for (int32_t axis = 0; axis < tensor.rank; axis++) {
            dims[axis] = mp_obj_new_int(tensor.dims[axis]);
        }
        const mp_obj_t values[] = {
            mp_obj_new_tuple((size_t)tensor.rank, dims), picket_new_text(item_type(tensor.type)->name),
            mp_obj_new_float_from_f(tensor.scale), mp_obj_new_int(tensor.zero_point), mp_obj_new_int(tensor.bytes),
        };
        mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(result);
        tuple->items[i] = mp_call_function_n_kw(named, MP_ARRAY_SIZE(values), 0, values);
    }
    return result;
}

void picket_model_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; /* attributes can't be set */
    }
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (attr == MP_QSTR_input) {
        picket_bind_method(dest, &input_obj, self_in);
    } else if (attr == MP_QSTR_output) {
        picket_bind_method(dest, &output_obj, self_in);
    } else if (attr == MP_QSTR_invoke) {
        picket_bind_method(dest, &invoke_obj, self_in);
    } else if (attr == MP_QSTR_reset) {
        picket_bind_method(dest, &reset_obj, self_in);
    } else if (attr == MP_QSTR_quantize) {
        picket_bind_method(dest, &quantize_obj, self_in);
    } else if (attr == MP_QSTR_dequantize) {
        picket_bind_method(dest, &dequantize_obj, self_in);
    } else if (attr == MP_QSTR_profile) {
        picket_bind_method(dest, &profile_obj, self_in);
    } else if (attr == MP_QSTR_engine) {
        dest[0] = picket_new_text(picket_engine_name());
    } else if (attr == MP_QSTR_arena_bytes) {
        dest[0] = mp_obj_new_int((mp_int_t)self->arena_bytes);
    } else if (attr == MP_QSTR_ops) {
        dest[0] = operator_names(self->engine);
    } else if (attr == MP_QSTR_inputs) {
        dest[0] = descriptions(self->engine, (uint32_t)self->inputs->len, picket_engine_input);
    } else if (attr == MP_QSTR_outputs) {
        dest[0] = descriptions(self->engine, (uint32_t)self->outputs->len, picket_engine_output);
    }
}
