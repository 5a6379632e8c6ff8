#ifndef PICKET_BINDING_H
#define PICKET_BINDING_H

/*
 * MicroPython module picket_native: what its source files share.
 *
 * One source makes two products. As a user C module it is part of the firmware and links against the interpreter. As
 * a dynamic native module (.mpy) it reaches the interpreter through the table of functions that py/dynruntime.h wraps;
 * there, static const data can't name interned strings, types are filled in at import (module.c), and there is neither
 * libc nor writable static data. So the code in this folder keeps to what both have.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/mphal.h"
#include "py/obj.h"
#include "py/runtime.h"
#endif

/* Functions of the module, defined by the file named after what they wrap. */
extern const mp_obj_fun_builtin_var_t picket_gather_i16_obj;
extern const mp_obj_fun_builtin_var_t picket_narrow_i32_obj;
extern const mp_obj_fun_builtin_fixed_t picket_window_stats_obj;
extern const mp_obj_fun_builtin_fixed_t picket_centroid_distance_obj;
extern const mp_obj_fun_builtin_var_t picket_fit_pixels_obj;
extern const mp_obj_fun_builtin_fixed_t picket_pixel_stats_obj;
extern const mp_obj_fun_builtin_fixed_t picket_center_pixels_obj;
extern const mp_obj_fun_builtin_fixed_t picket_verify_obj;

/* Types of the module: constructor and attributes. Methods are attributes, too (picket_bind_method). */
typedef mp_obj_t picket_make_new_t(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
typedef void picket_attr_t(mp_obj_t self_in, qstr attr, mp_obj_t *dest);

picket_make_new_t picket_model_make_new;
picket_attr_t picket_model_attr;
picket_make_new_t picket_vibration_make_new;
picket_attr_t picket_vibration_attr;
picket_make_new_t picket_mel_make_new;
picket_attr_t picket_mel_attr;
picket_make_new_t picket_motion_make_new;
picket_attr_t picket_motion_attr;
picket_make_new_t picket_heart_make_new;
picket_attr_t picket_heart_attr;
picket_make_new_t picket_complementary_make_new;
picket_attr_t picket_complementary_attr;
picket_make_new_t picket_kalman_make_new;
picket_attr_t picket_kalman_attr;
picket_make_new_t picket_madgwick_make_new;
picket_attr_t picket_madgwick_attr;

/* Answer the look-up of a method: function, with self as its first argument. */
static inline void picket_bind_method(mp_obj_t *dest, const void *function, mp_obj_t self) {
    dest[0] = MP_OBJ_FROM_PTR(function);
    dest[1] = self;
}

/*
 * The items of a buffer whose items must be of one type.
 *
 *   name      how the argument is called in the ValueError
 *   typecode  as in array.array: 'h', 'f', ...; 0 for plain bytes of any type
 *   count     out: number of items (of bytes, if typecode is 0)
 */
const void *picket_items(mp_obj_t object, const char *name, char typecode, size_t *count);
void *picket_writable_items(mp_obj_t object, const char *name, char typecode, size_t *count);

/*
 * A writable memoryview of items that lie in a block of the heap. It names the block's start and an offset, because the
 * garbage collector knows no pointers into the middle of a block.
 *
 *   block       where the block starts
 *   typecode    as in array.array
 *   at          the first item, counted from the block's start
 *   count       items
 */
mp_obj_t picket_new_view(void *block, char typecode, size_t at, size_t count);

/* ValueError unless found == needed (or found >= needed): "out: needs 6 items, has 4". */
void picket_need_exactly(const char *name, size_t needed, size_t found);
void picket_need_at_least(const char *name, size_t needed, size_t found);

/* The str of a text of unknown length. */
mp_obj_t picket_new_text(const char *text);

/* Raise ValueError or MemoryError with a text that is made at run time; it is copied. */
NORETURN void picket_raise_value_error(const char *text);
NORETURN void picket_raise_value_error_in(const char *name, const char *text); /* "<name>: <text>" */
NORETURN void picket_raise_memory_error(const char *text);

/* A text of limited length that is put together piece by piece; what does not fit is left out. */
typedef struct {
    char text[96];
    size_t length;
} picket_text_t;

void picket_text_start(picket_text_t *t, const char *text);
void picket_text_add(picket_text_t *t, const char *text);
void picket_text_add_number(picket_text_t *t, size_t number);

#endif
