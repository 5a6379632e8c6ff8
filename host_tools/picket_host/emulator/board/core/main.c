/* The start of the firmware: file systems, boot.py, main.py and the REPL, in the order of other boards. */

#include "board.h"

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"

#define STACK_LIMIT_BYTES (15 * 1024) /* what MicroPython's main task has on an ESP32 */

/* Until something asks for a soft reset. */
static void run(void) {
    pyexec_frozen_module("_boot.py", false);
    int result = pyexec_file_if_exists("boot.py");
    if (result & PYEXEC_FORCED_EXIT) {
        return;
    }
    if (result != 0 && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
        if (pyexec_file_if_exists("main.py") & PYEXEC_FORCED_EXIT) {
            return;
        }
    }
    do {
        result = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
    } while (result == 0);
}

int __wrap_main(int argc, char **argv);

int __wrap_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    board_reset_init();
    board_interrupts_init();
    console_init();
    mp_stack_ctrl_init();
    mp_stack_set_limit(STACK_LIMIT_BYTES);
    uint32_t heap = *board_word(BOARD_HEAP_START);
    gc_init((void *)heap, (void *)(heap + *board_word(BOARD_HEAP_BYTES)));
    for (;;) {
        mp_init();
        readline_init0();
        run();
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        board_soft_reset();
        gc_sweep_all();
        mp_deinit();
    }
}
