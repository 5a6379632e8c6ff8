#include "fmath.h"

#include <stdint.h>

#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127

typedef union {
    float value;
    uint32_t bits;
} float_bits_t;

float picket_sqrtf(float x) {
    if (!(x > 0.0f)) {
        return 0.0f;
    }
    float_bits_t in = {.value = x};
    int32_t exponent = (int32_t)(in.bits >> MANTISSA_BITS);
    uint32_t mantissa = in.bits & ((1u << MANTISSA_BITS) - 1u);
    if (exponent == 255) {
        return x;
    }
    if (exponent == 0) {
        exponent = 1;
        while ((mantissa >> MANTISSA_BITS) == 0) {
            mantissa <<= 1;
            exponent--;
        }
    } else {
        mantissa |= 1u << MANTISSA_BITS;
    }
    exponent -= EXPONENT_BIAS;
    /* An even exponent halves exactly; the mantissa is then 1..4 in units of 2^-23, its top bits at bit 24. */
    if (exponent & 1) {
        mantissa <<= 1;
        exponent--;
    }
    /*
     * Digit by digit, two bits of the radicand for one of the root. 25 digits: the root's 24 bits and one to round
     * by. A tie cannot occur, since the square of a 25-bit odd number has more bits than the radicand.
     */
    uint32_t root = 0;
    uint32_t rest = 0;
    uint32_t radicand = mantissa << 7;
    for (int digit = 0; digit < 25; digit++) {
        rest = (rest << 2) | (radicand >> 30);
        radicand <<= 2;
        uint32_t trial = (root << 2) | 1u;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1u;
        }
    }
    root = (root + 1u) >> 1;
    float_bits_t out;
    /* The root's leading bit adds the one that the bias lacks here; a carry from rounding goes there too. */
    out.bits = ((uint32_t)(exponent / 2 + EXPONENT_BIAS - 1) << MANTISSA_BITS) + root;
    return out.value;
}

float picket_log10f(float x) {
    float_bits_t in = {.value = x};
    int32_t exponent = (int32_t)(in.bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    in.bits = (in.bits & ((1u << MANTISSA_BITS) - 1u)) | ((uint32_t)EXPONENT_BIAS << MANTISSA_BITS);
    float m = in.value;
    if (m > 1.41421356f) {
        m *= 0.5f;
        exponent++;
    }
    /* ln(m) = 2 atanh(s), |s| <= 0.1716: the first term left out, 2 s^11 / 11, is below 1e-9. */
    float s = (m - 1.0f) / (m + 1.0f);
    float s2 = s * s;
    float tail = s2 * (1.0f / 3.0f + s2 * (1.0f / 5.0f + s2 * (1.0f / 7.0f + s2 * (1.0f / 9.0f))));
    float ln_m = 2.0f * (s + s * tail);
    return (float)exponent * 0.301029996f + ln_m * 0.434294482f;
}

void picket_sincosf(float x, float *sine, float *cosine) {
    /* Nearest multiple of pi/2, taken off in two parts: the first is short, so that its small multiples are exact. */
    float turns = x * (2.0f / PICKET_PI);
    int32_t quadrant = (int32_t)(turns < 0.0f ? turns - 0.5f : turns + 0.5f);
    float r = (x - (float)quadrant * 1.5703125f) - (float)quadrant * 4.83826794e-4f;
    /* Taylor series on -pi/4..pi/4: the first terms left out, r^11 / 11! and r^12 / 12!, are below 2e-9. */
    float r2 = r * r;
    float s = r2 * (-1.0f / 6.0f + r2 * (1.0f / 120.0f + r2 * (-1.0f / 5040.0f + r2 * (1.0f / 362880.0f))));
    s = r + r * s;
    float c = r2 * (1.0f / 24.0f + r2 * (-1.0f / 720.0f + r2 * (1.0f / 40320.0f + r2 * (-1.0f / 3628800.0f))));
    c = 1.0f - (0.5f * r2 - r2 * c);
    switch (quadrant & 3) {
        case 0:
            *sine = s;
            *cosine = c;
            break;
        case 1:
            *sine = c;
            *cosine = -s;
            break;
        case 2:
            *sine = -s;
            *cosine = -c;
            break;
        default:
            *sine = -c;
            *cosine = s;
            break;
    }
}

float picket_atan2f(float y, float x) {
    float ax = x < 0.0f ? -x : x;
    float ay = y < 0.0f ? -y : y;
    float larger = ax > ay ? ax : ay;
    float smaller = ax > ay ? ay : ax;
    if (larger == 0.0f) {
        return 0.0f;
    }
    float t = smaller / larger;
    float offset = 0.0f;
    if (t > 0.414213562f) { /* tan(pi/8): atan(t) = pi/4 + atan((t - 1) / (t + 1)) */
        t = (t - 1.0f) / (t + 1.0f);
        offset = PICKET_PI / 4.0f;
    }
    /* Taylor series: the first term left out, t^17 / 17, is below 2e-8. */
    float t2 = t * t;
    float tail = 1.0f / 11.0f + t2 * (-1.0f / 13.0f + t2 * (1.0f / 15.0f));
    tail = t2 * (-1.0f / 3.0f + t2 * (1.0f / 5.0f + t2 * (-1.0f / 7.0f + t2 * (1.0f / 9.0f - t2 * tail))));
    float angle = offset + (t + t * tail);
    if (ay > ax) {
        angle = PICKET_PI / 2.0f - angle;
    }
    if (x < 0.0f) {
        angle = PICKET_PI - angle;
    }
    return y < 0.0f ? -angle : angle;
}
