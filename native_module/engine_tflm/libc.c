/*
 * The few functions of libc that TensorFlow Lite Micro calls and a dynamic native module does not have, beside those in
 * binding/runtime.c. Firmware and simulator have the real ones and none of these.
 */

#if MICROPY_ENABLE_DYNRUNTIME

#include "../binding/binding.h"

int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
NORETURN void abort(void);

static int compare(const char *a, const char *b, size_t limit) {
    for (size_t i = 0; i < limit; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x != y) {
            return x < y ? -1 : 1;
        }
        if (x == 0) {
            break;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    return compare(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t limit) {
    return compare(a, b, limit);
}

/* TFLM gives up where its own checks fail. The interpreter goes on; only the model that was being opened is lost. */
void abort(void) {
    picket_raise_value_error("TensorFlow Lite Micro gave the model up");
}

#else
/* ISO C wants a file to declare something. */
typedef int picket_libc_is_the_firmwares;
#endif
