/* The console on the ns16550, its input by interrupt. */

#include "board.h"

#include "py/mphal.h"
#include "py/ringbuf.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"

enum { DATA = 0, INTERRUPT_ENABLE = 1, FIFO_CONTROL = 2, LINE_CONTROL = 3, LINE_STATUS = 5 };
#define UART ((volatile uint8_t *)BOARD_UART)

#define RECEIVED 0x01                 /* interrupt enable and line status alike */
#define FIFOS_ON_LEVEL_14 0xc7        /* QEMU hands over as many bytes at once as the level says */
#define DIVISOR_LATCH 0x80
#define EIGHT_BITS 0x03

int __wrap_mp_hal_stdin_rx_chr(void);
uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags);

static uint8_t received[512];
static ringbuf_t ring = {received, sizeof(received), 0, 0};

void console_init(void) {
    UART[LINE_CONTROL] = DIVISOR_LATCH | EIGHT_BITS;
    UART[DATA] = 1; /* the fastest: the FIFO's time-out, by which the last bytes of a burst arrive, is counted in characters */
    UART[INTERRUPT_ENABLE] = 0;
    UART[LINE_CONTROL] = EIGHT_BITS;
    UART[FIFO_CONTROL] = FIFOS_ON_LEVEL_14;
    UART[INTERRUPT_ENABLE] = RECEIVED;
}

bool console_any(void) {
    return ringbuf_avail(&ring) != 0;
}

void console_receive(void) {
    while (UART[LINE_STATUS] & RECEIVED) {
        if (ringbuf_free(&ring) == 0) {
            /* The rest waits in the FIFO, and behind it on the host, until the script reads. */
            UART[INTERRUPT_ENABLE] = 0;
            return;
        }
        int c = UART[DATA];
        if (c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            ringbuf_put(&ring, (uint8_t)c);
        }
    }
}

int __wrap_mp_hal_stdin_rx_chr(void) {
    for (;;) {
        uint32_t before = board_interrupts_off();
        int c = ringbuf_get(&ring);
        UART[INTERRUPT_ENABLE] = RECEIVED;
        board_interrupts_on(before);
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if (console_any()) {
        ready |= flags & MP_STREAM_POLL_RD;
    }
    return ready;
}
