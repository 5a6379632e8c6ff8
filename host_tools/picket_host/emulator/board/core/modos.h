/* Included by extmod/modos.c: the port's part of the module os. */

#include "py/mphal.h"

/* Differs from start to start, but is not fit for keys: the emulated board has no source of true randomness. */
static mp_obj_t mp_os_urandom(mp_obj_t count_in) {
    vstr_t bytes;
    vstr_init_len(&bytes, mp_obj_get_int(count_in));
    uint64_t state = mp_hal_time_ns() | 1;
    for (size_t i = 0; i < bytes.len; i++) {
        state ^= state << 13; /* xorshift */
        state ^= state >> 7;
        state ^= state << 17;
        bytes.buf[i] = (char)(state >> 32);
    }
    return mp_obj_new_bytes_from_vstr(&bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mp_os_urandom_obj, mp_os_urandom);
