/* What compilers call for copies within one object, for programs without a C library. */

#include <stddef.h>
#include <stdint.h>

void *memmove(void *to, const void *from, size_t bytes);

void *memmove(void *to, const void *from, size_t bytes) {
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target <= source) {
        for (size_t i = 0; i < bytes; i++) {
            target[i] = source[i];
        }
    } else {
        for (size_t i = bytes; i > 0; i--) {
            target[i - 1] = source[i - 1];
        }
    }
    return to;
}
