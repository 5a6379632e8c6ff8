/* Ends of a run: reset, which keeps the memory and with it the flash, and the end of QEMU. */

#include "board.h"

#define TEST_FAIL 0x3333u
#define TEST_PASS 0x5555u
#define TEST_RESET 0x7777u
#define RESET_MARK 0x52534500u /* and the cause in the lowest byte */
#define CAUSE 0xffu

static int cause;

void board_reset_init(void) {
    uint32_t mark = *board_word(BOARD_RESET_MARK);
    *board_word(BOARD_RESET_MARK) = 0;
    if ((mark & ~CAUSE) == RESET_MARK) {
        cause = (int)(mark & CAUSE);
    } else {
        cause = BOARD_RESET_PWRON;
        *board_word(BOARD_RTC_LENGTH) = 0;
    }
}

int board_reset_cause(void) {
    return cause;
}

static void __attribute__((noreturn)) end(uint32_t how) {
    *board_word(BOARD_TEST) = how;
    for (;;) {
        __asm volatile ("wfi");
    }
}

void board_reset(int why) {
    *board_word(BOARD_RESET_MARK) = RESET_MARK | (uint32_t)why;
    end(TEST_RESET);
}

void board_soft_reset(void) {
    cause = BOARD_RESET_SOFT;
}

void __wrap_exit(int status) __attribute__((noreturn));

/* The port ends this way when it crashes; its own exit needs semihosting, which would open the host's files to the board. */
void __wrap_exit(int status) {
    end(status == 0 ? TEST_PASS : TEST_FAIL | (uint32_t)status << 16);
}
