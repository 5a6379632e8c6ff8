// The simulator: MicroPython's unix port with the features of an ESP32 image, so that device code meets the same
// interpreter here and there.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// A microcontroller's port has single-precision floats.
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)

// So that the fakes of board/ take nothing of the device's heap: see _sim.add_heap() in modsim.c.
#define MICROPY_GC_SPLIT_HEAP (1)

#define MICROPY_HW_BOARD_NAME "Picket simulator"
#define MICROPY_HW_MCU_NAME "host"
#define MICROPY_PY_SYS_PLATFORM "sim"
#define MICROPY_PY_OS_UNAME (1)

#include "variants/mpconfigvariant_common.h"

// The frozen modules machine, network and esp32 simulate a board's; the port's stub of machine would hide the first.
#undef MICROPY_PY_MACHINE
#undef MICROPY_PY_MACHINE_PULSE
#undef MICROPY_PY_MACHINE_PIN_BASE
#define MICROPY_PY_MACHINE (0)
#define MICROPY_PY_MACHINE_PULSE (0)
#define MICROPY_PY_MACHINE_PIN_BASE (0)
#define MICROPY_PY_MACHINE_SIGNAL (0)

// Ctrl-C is raised by the interpreter, not out of a system call that sim_clock.c is measuring.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

// A board has no processes and no environment.
#undef MICROPY_PY_OS_SYSTEM
#undef MICROPY_PY_OS_GETENV_PUTENV_UNSETENV
#undef MICROPY_PY_OS_ERRNO
#define MICROPY_PY_OS_SYSTEM (0)
#define MICROPY_PY_OS_GETENV_PUTENV_UNSETENV (0)
#define MICROPY_PY_OS_ERRNO (0)
