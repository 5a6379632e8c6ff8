/* Included by extmod/machine_wdt.c: the port's part of machine.WDT, which nothing can stop, as on an ESP32. */

#include "core/board.h"

struct _machine_wdt_obj_t {
    mp_obj_base_t base;
    uint32_t timeout_ms;
};

static machine_wdt_obj_t watchdog = {{&machine_wdt_type}, 0};

static machine_wdt_obj_t *mp_machine_wdt_make_new_instance(mp_int_t id, mp_int_t timeout_ms) {
    if (id != 0 || timeout_ms <= 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("id is 0, timeout positive"));
    }
    watchdog.timeout_ms = (uint32_t)timeout_ms;
    board_watch(watchdog.timeout_ms);
    return &watchdog;
}

static void mp_machine_wdt_feed(machine_wdt_obj_t *self) {
    board_watch(self->timeout_ms);
}
