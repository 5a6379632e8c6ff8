// _sim: what the simulated board asks of the process that it runs in. Only the simulator has it; the fakes of machine,
// network and esp32 use it. No function allocates on the heap.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "py/binary.h"
#include "py/gc.h"
#include "py/runtime.h"
#include "sim_clock.h"
#include "sim_power.h"

#define FRAME_BYTES 6  // int16 x, y, z, little-endian
#define WORD_BYTES 7   // the FIFO's tag, then the frame

// reset(cause=2): restart the board; doesn't return. cause as machine.reset_cause() will give it: 2 hard, 3 watchdog, 4
// deep sleep, 5 soft.
static mp_obj_t sim_reset_(size_t n_args, const mp_obj_t *args) {
    mp_int_t cause = n_args == 0 ? SIM_RESET_HARD : mp_obj_get_int(args[0]);
    if (cause < SIM_RESET_POWER_ON || cause > SIM_RESET_SOFT) {
        mp_raise_ValueError(MP_ERROR_TEXT("cause must be 1 to 5"));
    }
    sim_reset((enum sim_reset_cause)cause);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sim_reset_obj, 0, 1, sim_reset_);

// reset_cause() -> int: why this start happened, 1 (power on) to 5.
static mp_obj_t sim_reset_cause_(void) {
    return MP_OBJ_NEW_SMALL_INT(sim_reset_cause());
}
static MP_DEFINE_CONST_FUN_OBJ_0(sim_reset_cause_obj, sim_reset_cause_);

// wdt(timeout_ms): start the watchdog, or change its time-out and feed it.
static mp_obj_t sim_wdt(mp_obj_t timeout_ms_in) {
    mp_int_t timeout_ms = mp_obj_get_int(timeout_ms_in);
    if (timeout_ms <= 0 || timeout_ms > INT32_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("timeout_ms must be positive"));
    }
    sim_watchdog_start(timeout_ms);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sim_wdt_obj, sim_wdt);

// wdt_stop(): as in deep sleep, from which only a reset leads out.
static mp_obj_t sim_wdt_stop(void) {
    sim_watchdog_stop();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(sim_wdt_stop_obj, sim_wdt_stop);

// clock_at_power_on(unix_s): what the real-time clock showed when the board got its power.
static mp_obj_t sim_clock_at_power_on(mp_obj_t unix_s_in) {
    sim_power_on_at(mp_obj_get_int(unix_s_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sim_clock_at_power_on_obj, sim_clock_at_power_on);

// wdt_feed()
static mp_obj_t sim_wdt_feed(void) {
    sim_watchdog_feed();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(sim_wdt_feed_obj, sim_wdt_feed);

// reload_requested() -> bool: True once after each SIGUSR1.
static mp_obj_t sim_reload_requested(void) {
    return mp_obj_new_bool(sim_take_reload_request());
}
static MP_DEFINE_CONST_FUN_OBJ_0(sim_reload_requested_obj, sim_reload_requested);

// cpu_us() -> int: processor time used since the last start or reset.
static mp_obj_t sim_cpu_us(void) {
    return MP_OBJ_NEW_SMALL_INT(sim_cpu_ns() / 1000);
}
static MP_DEFINE_CONST_FUN_OBJ_0(sim_cpu_us_obj, sim_cpu_us);

// world_us() -> int: simulated time since power-on; unlike time.ticks_us() it goes on over resets and doesn't wrap.
static mp_obj_t sim_world_us(void) {
    return MP_OBJ_NEW_SMALL_INT(sim_powered_ns() / 1000);
}
static MP_DEFINE_CONST_FUN_OBJ_0(sim_world_us_obj, sim_world_us);

// speed(factor): let waits pass this many times faster than real time.
static mp_obj_t sim_speed(mp_obj_t factor_in) {
    mp_float_t factor = mp_obj_get_float(factor_in);
    if (!(factor > 0) || isinf(factor)) {
        mp_raise_ValueError(MP_ERROR_TEXT("speed must be positive"));
    }
    sim_clock_set_speed((double)factor);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sim_speed_obj, sim_speed);

// fifo_words(frames, count, out, tag): turn count frames (int16 x, y, z) into FIFO words of 7 bytes: tag, x, y, z.
static mp_obj_t sim_fifo_words(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t frames, out;
    mp_get_buffer_raise(args[0], &frames, MP_BUFFER_READ);
    mp_int_t count = mp_obj_get_int(args[1]);
    mp_get_buffer_raise(args[2], &out, MP_BUFFER_WRITE);
    mp_int_t tag = mp_obj_get_int(args[3]);
    if (count < 0 || (size_t)count > frames.len / FRAME_BYTES || (size_t)count > out.len / WORD_BYTES) {
        mp_raise_ValueError(MP_ERROR_TEXT("count: more frames than the buffers hold"));
    }
    const uint8_t *frame = frames.buf;
    uint8_t *word = out.buf;
    for (mp_int_t i = 0; i < count; i++, frame += FRAME_BYTES, word += WORD_BYTES) {
        word[0] = (uint8_t)tag;
        memcpy(word + 1, frame, FRAME_BYTES);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sim_fifo_words_obj, 4, 4, sim_fifo_words);

// i2s_words(samples, count, out, shift, at): turn count int16 samples into words of 32 bits, shifted left and
// little-endian, from word number at of out on.
static mp_obj_t sim_i2s_words(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t samples, out;
    mp_get_buffer_raise(args[0], &samples, MP_BUFFER_READ);
    mp_int_t count = mp_obj_get_int(args[1]);
    mp_get_buffer_raise(args[2], &out, MP_BUFFER_WRITE);
    mp_int_t shift = mp_obj_get_int(args[3]);
    mp_int_t at = mp_obj_get_int(args[4]);
    size_t words = out.len / sizeof(int32_t);
    if (count < 0 || at < 0 || (size_t)count > samples.len / sizeof(int16_t) || (size_t)at > words
        || (size_t)count > words - (size_t)at) {
        mp_raise_ValueError(MP_ERROR_TEXT("count: more samples than the buffers hold"));
    }
    const uint8_t *sample = samples.buf;
    uint8_t *word = (uint8_t *)out.buf + (size_t)at * sizeof(int32_t);
    for (mp_int_t i = 0; i < count; i++, sample += sizeof(int16_t), word += sizeof(int32_t)) {
        int16_t value = (int16_t)(uint16_t)(sample[0] | sample[1] << 8);
        uint32_t bits = (uint32_t)(int32_t)value << shift;
        for (int byte = 0; byte < 4; byte++) {
            word[byte] = (uint8_t)(bits >> 8 * byte);
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sim_i2s_words_obj, 5, 5, sim_i2s_words);

// add_heap(bytes): make the heap larger. A board has machine, its chips and its file system in flash and silicon; here
// they are Python objects, and this gives the device back what they hold of its heap.
static mp_obj_t sim_add_heap(mp_obj_t bytes_in) {
    mp_int_t bytes = mp_obj_get_int(bytes_in);
    if (bytes <= 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("bytes must be positive"));
    }
    // The area's own tables come on top: 3 bits for each block, and its description.
    size_t whole = (size_t)bytes + (size_t)bytes / MICROPY_BYTES_PER_GC_BLOCK / 2 + sizeof(mp_state_mem_area_t);
    whole -= whole % MICROPY_BYTES_PER_GC_BLOCK;
    uint8_t *area = malloc(whole);
    if (area == NULL) {
        m_malloc_fail(whole);
    }
    gc_add(area, area + whole);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sim_add_heap_obj, sim_add_heap);

static const mp_rom_map_elem_t sim_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__sim) },
    { MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&sim_reset_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset_cause), MP_ROM_PTR(&sim_reset_cause_obj) },
    { MP_ROM_QSTR(MP_QSTR_wdt), MP_ROM_PTR(&sim_wdt_obj) },
    { MP_ROM_QSTR(MP_QSTR_wdt_stop), MP_ROM_PTR(&sim_wdt_stop_obj) },
    { MP_ROM_QSTR(MP_QSTR_clock_at_power_on), MP_ROM_PTR(&sim_clock_at_power_on_obj) },
    { MP_ROM_QSTR(MP_QSTR_wdt_feed), MP_ROM_PTR(&sim_wdt_feed_obj) },
    { MP_ROM_QSTR(MP_QSTR_reload_requested), MP_ROM_PTR(&sim_reload_requested_obj) },
    { MP_ROM_QSTR(MP_QSTR_cpu_us), MP_ROM_PTR(&sim_cpu_us_obj) },
    { MP_ROM_QSTR(MP_QSTR_world_us), MP_ROM_PTR(&sim_world_us_obj) },
    { MP_ROM_QSTR(MP_QSTR_speed), MP_ROM_PTR(&sim_speed_obj) },
    { MP_ROM_QSTR(MP_QSTR_fifo_words), MP_ROM_PTR(&sim_fifo_words_obj) },
    { MP_ROM_QSTR(MP_QSTR_i2s_words), MP_ROM_PTR(&sim_i2s_words_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_heap), MP_ROM_PTR(&sim_add_heap_obj) },
};
static MP_DEFINE_CONST_DICT(sim_globals, sim_globals_table);

const mp_obj_module_t sim_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sim_globals,
};
MP_REGISTER_MODULE(MP_QSTR__sim, sim_module);
