/*
 * The few functions of libm that TensorFlow Lite Micro calls, for a dynamic native module, which has none: real ones,
 * with results as near to the exact value as a good libm's. They take no tables, because code that is loaded anywhere
 * can't name them by address. Firmware and simulator have the real libm and none of these.
 *
 * The transcendental ones compute in double with an error below 2e-14, relative, and round once; so the float is the
 * one nearest to the exact value but in about one of a million cases, when it is one of the two nearest.
 */

#if MICROPY_ENABLE_DYNRUNTIME

#include <stdbool.h>
#include <stdint.h>

#include "../dsp/fmath.h"

float expf(float x);
float logf(float x);
float tanhf(float x);
float sqrtf(float x);
float floorf(float x);
float ceilf(float x);
float roundf(float x);
float fmaxf(float a, float b);
float fminf(float a, float b);
double floor(double x);
double round(double x);
double frexp(double x, int *exponent);

#define LN_2 0.693147180559945309417
#define NAN_F ((float_t){.bits = 0x7fc00000u}.value)
#define INFINITY_F ((float_t){.bits = 0x7f800000u}.value)

typedef union {
    float value;
    uint32_t bits;
} float_t;

typedef union {
    double value;
    uint64_t bits;
} double_t;

/* The value with the sign of another, so that what rounds to zero keeps its sign. */
static double with_sign(double magnitude, double of) {
    double_t to = {.value = magnitude}, from = {.value = of};
    to.bits = (to.bits & INT64_MAX) | (from.bits & ~(uint64_t)INT64_MAX);
    return to.value;
}

/* Whether a double has no fraction because it is too large, or is no number. */
static bool is_whole(double x) {
    double_t of = {.value = x};
    return (of.bits >> 52 & 0x7ff) >= 1023 + 52;
}

/* The functions below call each other by names of their own: what has a name of libm's, compilers replace. */

static double down(double x) {
    if (is_whole(x)) {
        return x;
    }
    int64_t toward_zero = (int64_t)x;
    return with_sign((double)(toward_zero - ((double)toward_zero > x)), x);
}

static double nearest(double x) {
    if (is_whole(x)) {
        return x;
    }
    int64_t toward_zero = (int64_t)x;
    double rest = x - (double)toward_zero;
    return with_sign((double)(toward_zero + (rest >= 0.5) - (rest <= -0.5)), x);
}

static double split(double x, int *exponent) {
    double_t of = {.value = x};
    int biased = (int)(of.bits >> 52 & 0x7ff);
    *exponent = 0;
    if (biased == 0x7ff || (of.bits & INT64_MAX) == 0) {
        return x;
    }
    if (biased == 0) { /* subnormal */
        of.value *= 0x1p64;
        biased = (int)(of.bits >> 52 & 0x7ff) - 64;
    }
    *exponent = biased - 1022;
    of.bits = (of.bits & ~((uint64_t)0x7ff << 52)) | (uint64_t)1022 << 52;
    return of.value;
}

double floor(double x) {
    return down(x);
}

double round(double x) {
    return nearest(x);
}

double frexp(double x, int *exponent) {
    return split(x, exponent);
}

float floorf(float x) {
    return (float)down((double)x);
}

float ceilf(float x) {
    return (float)-down(-(double)x);
}

float roundf(float x) {
    return (float)nearest((double)x);
}

float fmaxf(float a, float b) {
    return a != a || b > a ? b : a;
}

float fminf(float a, float b) {
    return a != a || b < a ? b : a;
}

float sqrtf(float x) {
    return x < 0.0f || x != x ? NAN_F : x == 0.0f ? x : picket_sqrtf(x);
}

/* e^x for |x| < 700. */
static double exponential(double x) {
    double whole = nearest(x * (1.0 / LN_2));
    double r = x - whole * LN_2; /* |r| <= ln(2) / 2: the first term left out is below 1e-14 */
    double sum = 1.0;
    for (int n = 12; n > 0; n--) {
        sum = 1.0 + sum * r / n;
    }
    double_t power = {.bits = (uint64_t)(1023 + (int)whole) << 52};
    return sum * power.value;
}

float expf(float x) {
    if (x != x) {
        return x;
    }
    if (x > 89.0f) {
        return INFINITY_F;
    }
    return x < -104.0f ? 0.0f : (float)exponential((double)x);
}

float logf(float x) {
    if (x != x || x == INFINITY_F) {
        return x;
    }
    if (x <= 0.0f) {
        return x == 0.0f ? -INFINITY_F : NAN_F;
    }
    int exponent;
    double m = split((double)x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    /* ln(m) = 2 atanh(s), |s| < 0.1716: the first term left out, s^18 / 19, is below 1e-15 of the sum. */
    double s = (m - 1.0) / (m + 1.0);
    double sum = 0.0;
    for (int n = 17; n > 0; n -= 2) {
        sum = sum * s * s + 1.0 / n;
    }
    return (float)(exponent * LN_2 + 2.0 * s * sum);
}

float tanhf(float x) {
    double d = (double)x;
    if (x != x) {
        return x;
    }
    if (x > 10.0f || x < -10.0f) {
        return x > 0.0f ? 1.0f : -1.0f;
    }
    if (x < 1e-3f && x > -1e-3f) { /* the next term is below 2e-13 of the first */
        return (float)(d - d * d * d / 3.0);
    }
    double e = exponential(2.0 * d);
    return (float)((e - 1.0) / (e + 1.0));
}

#else
/* ISO C wants a file to declare something. */
typedef int picket_libm_is_the_firmwares;
#endif
