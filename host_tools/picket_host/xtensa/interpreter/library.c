/* What MicroPython's core needs of a C library and of the compiler's run time. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "user.h"

float copysignf(float magnitude, float sign);
float fabsf(float x);
float nanf(const char *tag);
int printf(const char *format, ...);
uint64_t __extendsfdf2(float x);
uint64_t __floatsidf(int32_t x);
float __truncdfsf2(uint64_t x);

int memcmp(const void *a, const void *b, size_t bytes) {
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < bytes; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length]) {
        length++;
    }
    return length;
}

int strncmp(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (a[i] != b[i] || !a[i]) {
            return (uint8_t)a[i] - (uint8_t)b[i];
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int wanted) {
    for (;; text++) {
        if (*text == (char)wanted) {
            return (char *)(uintptr_t)text;
        }
        if (!*text) {
            return NULL;
        }
    }
}

static float with_bits(float x, uint32_t keep, uint32_t set) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits & keep) | set;
    memcpy(&x, &bits, sizeof x);
    return x;
}

float fabsf(float x) {
    return with_bits(x, 0x7FFFFFFF, 0);
}

float copysignf(float magnitude, float sign) {
    uint32_t bits;
    memcpy(&bits, &sign, sizeof bits);
    return with_bits(magnitude, 0x7FFFFFFF, bits & 0x80000000);
}

float nanf(const char *tag) {
    (void)tag;
    return with_bits(0.0f, 0, 0x7FC00000);
}

/* Only the compiler to machine code reports with it, and scripts have none for it. */
int printf(const char *format, ...) {
    picket_stop(format);
    return 0;
}

/* Double precision: only for typecode 'd' of arrays and structures. */
static void no_double_precision(void) {
    picket_stop("double precision is not here");
}

uint64_t __extendsfdf2(float x) {
    (void)x;
    no_double_precision();
    return 0;
}

uint64_t __floatsidf(int32_t x) {
    (void)x;
    no_double_precision();
    return 0;
}

float __truncdfsf2(uint64_t x) {
    (void)x;
    no_double_precision();
    return 0.0f;
}
