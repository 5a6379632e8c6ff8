/* Checks of what Python code passes, and the exceptions that say what is wrong with it. */

#include "binding.h"

#include "py/objarray.h"

#define MEMORYVIEW_WRITABLE 0x80 /* flag in a memoryview's type code */

void picket_text_start(picket_text_t *t, const char *text) {
    t->length = 0;
    t->text[0] = 0;
    picket_text_add(t, text);
}

void picket_text_add(picket_text_t *t, const char *text) {
    while (*text && t->length < sizeof(t->text) - 1) {
        t->text[t->length++] = *text++;
    }
    t->text[t->length] = 0;
}

void picket_text_add_number(picket_text_t *t, size_t number) {
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    picket_text_add(t, digits + at);
}

mp_obj_t picket_new_text(const char *text) {
    size_t length = 0;
    while (text[length]) {
        length++;
    }
    return mp_obj_new_str(text, length);
}

static NORETURN void raise_text(const mp_obj_type_t *type, const char *text) {
    mp_raise_type_arg(type, picket_new_text(text));
}

void picket_raise_value_error(const char *text) {
    raise_text(&mp_type_ValueError, text);
}

void picket_raise_value_error_in(const char *name, const char *text) {
    picket_text_t t;
    picket_text_start(&t, name);
    picket_text_add(&t, ": ");
    picket_text_add(&t, text);
    picket_raise_value_error(t.text);
}

void picket_raise_memory_error(const char *text) {
    #if MICROPY_ENABLE_DYNRUNTIME
    raise_text(MP_OBJ_TO_PTR(mp_load_global(MP_QSTR_MemoryError)), text);
    #else
    raise_text(&mp_type_MemoryError, text);
    #endif
}

static void need(const char *name, const char *least, size_t needed, size_t found) {
    picket_text_t t;
    picket_text_start(&t, name);
    picket_text_add(&t, ": needs ");
    picket_text_add(&t, least);
    picket_text_add_number(&t, needed);
    picket_text_add(&t, " items, has ");
    picket_text_add_number(&t, found);
    picket_raise_value_error(t.text);
}

void picket_need_exactly(const char *name, size_t needed, size_t found) {
    if (found != needed) {
        need(name, "", needed, found);
    }
}

void picket_need_at_least(const char *name, size_t needed, size_t found) {
    if (found < needed) {
        need(name, "at least ", needed, found);
    }
}

static void *items(mp_obj_t object, const char *name, char typecode, size_t *count, mp_uint_t flags) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, flags);
    size_t item_bytes = 1;
    if (typecode != 0) {
        if (info.typecode != typecode) {
            const char wanted[] = {typecode, 0};
            picket_text_t t;
            picket_text_start(&t, name);
            picket_text_add(&t, ": needs an array of type '");
            picket_text_add(&t, wanted);
            picket_text_add(&t, "'");
            picket_raise_value_error(t.text);
        }
        item_bytes = typecode == 'h' ? sizeof(int16_t) : sizeof(float);
    }
    *count = info.len / item_bytes;
    return info.buf;
}

const void *picket_items(mp_obj_t object, const char *name, char typecode, size_t *count) {
    return items(object, name, typecode, count, MP_BUFFER_READ);
}

void *picket_writable_items(mp_obj_t object, const char *name, char typecode, size_t *count) {
    return items(object, name, typecode, count, MP_BUFFER_RW);
}

mp_obj_t picket_new_view(void *block, char typecode, size_t at, size_t count) {
    #if MICROPY_ENABLE_DYNRUNTIME
    const mp_obj_type_t *memoryview = MP_OBJ_TO_PTR(mp_load_global(MP_QSTR_memoryview));
    #else
    const mp_obj_type_t *memoryview = &mp_type_memoryview;
    #endif
    mp_obj_array_t *view = mp_obj_malloc(mp_obj_array_t, memoryview);
    view->typecode = (uint8_t)typecode | MEMORYVIEW_WRITABLE;
    view->free = at;
    view->len = count;
    view->items = block;
    return MP_OBJ_FROM_PTR(view);
}
