/* What compilers call for initialisations of structures, for programs without a C library. */

#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int value, size_t bytes);

void *memset(void *to, int value, size_t bytes) {
    uint8_t *target = to;
    for (size_t i = 0; i < bytes; i++) {
        target[i] = (uint8_t)value;
    }
    return to;
}
