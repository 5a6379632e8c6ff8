/* Included by extmod/modmachine.c: the port's part of the module machine. */

#include "core/board.h"

static void mp_machine_idle(void) {
    board_wait(1);
}

NORETURN static void mp_machine_reset(void) {
    board_reset(BOARD_RESET_HARD);
}

static mp_int_t mp_machine_reset_cause(void) {
    return board_reset_cause();
}

/* Of the real-time clock the memory alone, which outlives resets. */
static mp_obj_t rtc_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const mp_obj_base_t rtc = {&machine_rtc_type};
    (void)type;
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&rtc);
}

static mp_obj_t rtc_memory(size_t n_args, const mp_obj_t *args) {
    uint8_t *memory = (uint8_t *)BOARD_RTC_MEMORY;
    if (n_args == 1) {
        return mp_obj_new_bytes(memory, *board_word(BOARD_RTC_LENGTH));
    }
    mp_buffer_info_t data;
    mp_get_buffer_raise(args[1], &data, MP_BUFFER_READ);
    if (data.len > BOARD_RTC_MEMORY_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer too long"));
    }
    memcpy(memory, data.buf, data.len);
    *board_word(BOARD_RTC_LENGTH) = data.len;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rtc_memory_obj, 1, 2, rtc_memory);

static const mp_rom_map_elem_t rtc_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&rtc_memory_obj) },
};
static MP_DEFINE_CONST_DICT(rtc_locals, rtc_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    machine_rtc_type, MP_QSTR_RTC, MP_TYPE_FLAG_NONE, make_new, rtc_make_new, locals_dict, &rtc_locals);
