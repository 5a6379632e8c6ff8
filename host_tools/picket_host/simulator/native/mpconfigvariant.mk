# The simulator as a variant of MicroPython's unix port; see mpconfigvariant.h. Included by ports/unix/Makefile.

PROG ?= micropython
FROZEN_MANIFEST ?= $(VARIANT_DIR)/../board/manifest.py

# What an ESP32 image has; littlefs as its only block file system.
MICROPY_PY_SOCKET = 1
MICROPY_PY_SSL = 1
MICROPY_SSL_MBEDTLS = 1
MICROPY_VFS_LFS2 = 1
MICROPY_VFS_LFS1 = 0
MICROPY_VFS_FAT = 0

# What it does not have, or what the device may not use.
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_JNI = 0
MICROPY_PY_TERMIOS = 0
MICROPY_PY_THREAD = 0

# Simulated time: the port's own waits and clocks go through sim_clock.c.
COMMA = ,
SIM_WRAPPED = clock_gettime gettimeofday time poll select usleep
LDFLAGS += $(addprefix -Wl$(COMMA)--wrap=,$(SIM_WRAPPED))

# The names in the device's code (picket_host/qstrs.py), which then take no heap.
QSTR_DEFS += $(DEVICE_QSTRS)
