/* Time: the processor's timer for ticks, waits and the watchdog, the real-time clock for the date. */

#include "board.h"

#include "py/mphal.h"
#include "py/runtime.h"

#define TICKS_PER_US 10
#define TIMER_COMPARE (BOARD_CLINT + 0x4000)
#define TIMER (BOARD_CLINT + 0xbff8)
#define WAIT_FOREVER 0xffffffffu /* board_wait: no limit */
#define NEVER UINT64_MAX

static uint64_t timer(void) {
    uint32_t high, low;
    do {
        high = *board_word(TIMER + 4);
        low = *board_word(TIMER);
    } while (high != *board_word(TIMER + 4));
    return (uint64_t)high << 32 | low;
}

static uint64_t watchdog_end = NEVER;

/* At this time, or earlier when the watchdog's time ends. */
static void interrupt_at(uint64_t time) {
    if (watchdog_end < time) {
        time = watchdog_end;
    }
    *board_word(TIMER_COMPARE + 4) = 0xffffffff;
    *board_word(TIMER_COMPARE) = (uint32_t)time;
    *board_word(TIMER_COMPARE + 4) = (uint32_t)(time >> 32);
    __asm volatile ("csrs mie, %0" : : "r" (BOARD_MIE_TIMER));
}

void board_on_timer(void) {
    if (timer() >= watchdog_end) {
        board_reset(BOARD_RESET_WDT);
    }
    /* Stays pending until the timer is set again, so without a watchdog it is masked: waiting is over. */
    if (watchdog_end == NEVER) {
        __asm volatile ("csrc mie, %0" : : "r" (BOARD_MIE_TIMER));
    } else {
        interrupt_at(NEVER);
    }
}

void board_watch(uint32_t timeout_ms) {
    uint32_t before = board_interrupts_off();
    watchdog_end = timer() + (uint64_t)timeout_ms * (1000 * TICKS_PER_US);
    interrupt_at(NEVER);
    board_interrupts_on(before);
}

static bool something_to_do(void) {
    return console_any() || MP_STATE_MAIN_THREAD(mp_pending_exception) != MP_OBJ_NULL || mp_sched_num_pending() != 0;
}

void board_wait(uint32_t timeout_ms) {
    uint32_t before = board_interrupts_off();
    /* With interrupts off: what comes after the question still ends wfi, and is served when they are on again. */
    if (!something_to_do()) {
        if (timeout_ms != WAIT_FOREVER) {
            interrupt_at(timer() + (uint64_t)timeout_ms * (1000 * TICKS_PER_US));
        }
        __asm volatile ("wfi");
    }
    board_interrupts_on(before);
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)(timer() / TICKS_PER_US);
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(timer() / (1000 * TICKS_PER_US));
}

mp_uint_t mp_hal_ticks_cpu(void) {
    uint32_t cycles;
    __asm volatile ("csrr %0, mcycle" : "=r" (cycles));
    return cycles;
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = timer() + (uint64_t)us * TICKS_PER_US;
    while (timer() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = timer() + (uint64_t)ms * (1000 * TICKS_PER_US);
    for (;;) {
        mp_handle_pending(true);
        uint64_t now = timer();
        if (now >= end) {
            return;
        }
        uint32_t before = board_interrupts_off();
        if (MP_STATE_MAIN_THREAD(mp_pending_exception) == MP_OBJ_NULL && mp_sched_num_pending() == 0) {
            interrupt_at(end);
            __asm volatile ("wfi");
        }
        board_interrupts_on(before);
    }
}

uint64_t mp_hal_time_ns(void) {
    uint32_t low = *board_word(BOARD_RTC); /* latches the high word */
    return (uint64_t)*board_word(BOARD_RTC + 4) << 32 | low;
}
