#ifndef PICKET_EMULATOR_BOARD_H
#define PICKET_EMULATOR_BOARD_H

/* QEMU's machine `virt` as a board: the devices that the firmware uses, and how its memory is divided. */

#include <stdbool.h>
#include <stdint.h>

#define BOARD_TEST 0x00100000u  /* sifive_test: ends or resets the machine */
#define BOARD_RTC 0x00101000u   /* goldfish_rtc: nanoseconds since 1970 */
#define BOARD_CLINT 0x02000000u /* timer of the processor, 10 MHz */
#define BOARD_PLIC 0x0c000000u  /* interrupt controller */
#define BOARD_UART 0x10000000u  /* ns16550 */

/* Words behind the firmware, which survive a reset; see frozen/memory_map.py. */
#define BOARD_RESET_MARK 0x81000000u /* says that a reset was meant, and why; cleared at every start */
#define BOARD_HEAP_START 0x81000004u /* written by the emulator, like the next */
#define BOARD_HEAP_BYTES 0x81000008u
#define BOARD_RTC_LENGTH 0x8100000cu /* what machine.RTC().memory() holds: cleared when the power comes on */
#define BOARD_RTC_MEMORY 0x81000010u
#define BOARD_RTC_MEMORY_BYTES 2048

static inline volatile uint32_t *board_word(uint32_t address) {
    return (volatile uint32_t *)address;
}

#define BOARD_MIE_TIMER (1u << 7) /* in mie: the timer may interrupt */
#define BOARD_MSTATUS_MIE 8 /* interrupts are on */

/* Interrupts off and on again; off returns what on wants. */
static inline uint32_t board_interrupts_off(void) {
    uint32_t before;
    __asm volatile ("csrrci %0, mstatus, %1" : "=r" (before) : "i" (BOARD_MSTATUS_MIE) : "memory");
    return before & BOARD_MSTATUS_MIE;
}

static inline void board_interrupts_on(uint32_t before) {
    __asm volatile ("csrs mstatus, %0" : : "r" (before) : "memory");
}

/* Take over interrupts from the port; exceptions stay with it: it prints the registers and exits. */
void board_interrupts_init(void);

void board_on_timer(void) __attribute__((interrupt("machine")));

/* The console: received by interrupt, so that Ctrl-C stops a running script and a waiting board uses no time of the host. */
void console_init(void);
bool console_any(void);
void console_receive(void); /* called by the interrupt */

/* Values as in machine.reset_cause() of other ports. */
enum { BOARD_RESET_PWRON = 1, BOARD_RESET_HARD = 2, BOARD_RESET_WDT = 3, BOARD_RESET_SOFT = 5 };

void board_reset_init(void);
int board_reset_cause(void);
void board_reset(int why) __attribute__((noreturn));
void board_soft_reset(void); /* only the cause: everything else is done by who calls it */

/* Reset the board unless this is called again in time; a soft reset does not stop that. */
void board_watch(uint32_t timeout_ms);

#endif
