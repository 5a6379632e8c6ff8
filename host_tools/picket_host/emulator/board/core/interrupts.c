/* Interrupts: the console's from the PLIC, and the timer that ends a wait. */

#include "board.h"

#define UART_INTERRUPT 10
#define PLIC_PRIORITY (BOARD_PLIC + 4 * UART_INTERRUPT)
#define PLIC_ENABLE (BOARD_PLIC + 0x2000)      /* of the first hart's machine mode */
#define PLIC_THRESHOLD (BOARD_PLIC + 0x200000)
#define PLIC_CLAIM (BOARD_PLIC + 0x200004)

#define MIE_EXTERNAL (1u << 11)

void board_vectors(void);
void board_on_external(void) __attribute__((interrupt("machine")));

/* Entry n serves interrupt n, entry 0 all exceptions. */
__attribute__((naked, aligned(256))) void board_vectors(void) {
    __asm volatile (
        ".option push \n"
        ".option norvc \n"
        "j mtvec_table \n" /* the port's report of an exception */
        ".rept 6 \n j . \n .endr \n"
        "j board_on_timer \n"
        ".rept 3 \n j . \n .endr \n"
        "j board_on_external \n"
        ".option pop \n");
}

void board_on_external(void) {
    uint32_t source = *board_word(PLIC_CLAIM);
    if (source == UART_INTERRUPT) {
        console_receive();
    }
    *board_word(PLIC_CLAIM) = source;
}

void board_interrupts_init(void) {
    board_interrupts_off();
    *board_word(PLIC_PRIORITY) = 1;
    *board_word(PLIC_ENABLE) = 1u << UART_INTERRUPT;
    *board_word(PLIC_THRESHOLD) = 0;
    __asm volatile ("csrw mtvec, %0" : : "r" ((uint32_t)board_vectors | 1)); /* 1: vectored */
    __asm volatile ("csrw mie, %0" : : "r" (MIE_EXTERNAL));
    board_interrupts_on(BOARD_MSTATUS_MIE);
}
