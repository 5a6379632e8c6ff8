# The board that `picket emulate` runs: MicroPython's own VIRT_RV32 with storage, a clock, interrupts and asyncio.

include boards/VIRT_RV32/mpconfigboard.mk

LDSCRIPT = $(BOARD_DIR)/board.ld

MICROPY_VFS_LFS2 = 1
FROZEN_MANIFEST = $(BOARD_DIR)/manifest.py
USER_C_MODULES = $(BOARD_DIR)

QSTR_GLOBAL_DEPENDENCIES += $(wildcard $(BOARD_DIR)/*.h $(BOARD_DIR)/core/*.h)
CFLAGS += -DMP_CONFIGFILE='"$(BOARD_DIR)/mpconfigport.h"'

# Replaced by core/: the port's start, its polled console, and its way out of QEMU.
LDFLAGS += -Wl,--wrap=main,--wrap=exit,--wrap=mp_hal_stdin_rx_chr,--wrap=mp_hal_stdio_poll
