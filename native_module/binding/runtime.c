/*
 * What the compiler takes for granted and a dynamic native module does not have: parts of libc and of the compiler's
 * own library. A firmware build has the real ones and none of these.
 */

#if MICROPY_ENABLE_DYNRUNTIME

#include "binding.h"

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);

void *memcpy(void *to, const void *from, size_t bytes) {
    return mp_fun_table.memmove_(to, from, bytes);
}

void *memmove(void *to, const void *from, size_t bytes) {
    return mp_fun_table.memmove_(to, from, bytes);
}

void *memset(void *to, int value, size_t bytes) {
    return mp_fun_table.memset_(to, value, bytes);
}

int memcmp(const void *a, const void *b, size_t bytes) {
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < bytes; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    /* Read through a volatile pointer: a compiler would make a call of strlen out of the plain loop. */
    for (const volatile char *at = text; *at; at++) {
        length++;
    }
    return length;
}

#if __riscv_xlen == 32
int __clzsi2(unsigned int value);

/* libgcc's looks into a table by absolute address, which code that is loaded anywhere must not. value: not 0. */
int __clzsi2(unsigned int value) {
    int zeros = 0;
    for (unsigned int half = 16; half != 0; half /= 2) {
        if (value >> (32 - half) == 0) {
            value <<= half;
            zeros += (int)half;
        }
    }
    return zeros;
}
#endif

#else
/* ISO C wants a file to declare something. */
typedef int picket_runtime_is_the_firmwares;
#endif
