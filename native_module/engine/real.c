#include "real.h"

#define TOP (1ULL << 52) /* the leading bit of a normal mantissa */

/* Normalise m * 2^exponent, where sticky says that nonzero bits below m were cut off; rounds to nearest, ties to even.
 */
static picket_real_t rounded(uint64_t m, int32_t exponent, bool sticky) {
    picket_real_t real = {0, 0};
    if (m == 0) {
        return real;
    }
    while (m < TOP) {
        m <<= 1;
        exponent--;
    }
    bool half = false;
    while (m >= TOP << 1) {
        sticky |= half;
        half = m & 1;
        m >>= 1;
        exponent++;
    }
    if (half && (sticky || (m & 1))) {
        m++;
        if (m == TOP << 1) {
            m >>= 1;
            exponent++;
        }
    }
    real.mantissa = m;
    real.exponent = exponent;
    return real;
}

bool picket_real_from_f32(uint32_t bits, picket_real_t *real) {
    int32_t exponent = (int32_t)(bits >> 23 & 0xff);
    uint32_t fraction = bits & 0x7fffff;
    if (bits >> 31 || exponent == 0xff) {
        return false;
    }
    *real = exponent ? rounded(fraction | 0x800000, exponent - 150, false) : rounded(fraction, -149, false);
    return true;
}

picket_real_t picket_real_from_u32(uint32_t value) {
    return rounded(value, 0, false);
}

picket_real_t picket_real_mul(picket_real_t a, picket_real_t b) {
    uint32_t a0 = (uint32_t)a.mantissa, a1 = (uint32_t)(a.mantissa >> 32);
    uint32_t b0 = (uint32_t)b.mantissa, b1 = (uint32_t)(b.mantissa >> 32);
    uint64_t low = (uint64_t)a0 * b0;
    uint64_t middle =
        (uint64_t)a0 * b1 + (uint64_t)a1 * b0 + (low >> 32); /* below 2^55: the upper halves have 21 bits */
    uint64_t high = (uint64_t)a1 * b1 + (middle >> 32);
    /* The product is high * 2^64 + the rest; keep 62 bits of it and say whether there were more. */
    uint64_t kept = high << 20 | (uint64_t)((uint32_t)middle >> 12);
    bool sticky = (middle & 0xfff) != 0 || (uint32_t)low != 0;
    return rounded(kept, a.exponent + b.exponent + 44, sticky);
}

picket_real_t picket_real_div(picket_real_t a, picket_real_t b) {
    uint64_t remainder = a.mantissa;
    uint64_t quotient = 0;
    for (int bit = 0; bit < 56; bit++) {
        quotient <<= 1;
        if (remainder >= b.mantissa) {
            remainder -= b.mantissa;
            quotient |= 1;
        }
        remainder <<= 1;
    }
    return rounded(quotient, a.exponent - b.exponent - 55, remainder != 0);
}

picket_real_t picket_real_scale(picket_real_t real, int32_t exponent) {
    if (real.mantissa) {
        real.exponent += exponent;
    }
    return real;
}

picket_real_t picket_real_to_f32(picket_real_t real) {
    /* A float32 has 24 bits, fewer below 2^-126: its last bit is never worth less than 2^-149. */
    int32_t cut = 29;
    if (real.exponent + cut < -149) {
        cut = -149 - real.exponent;
    }
    uint64_t m = real.mantissa;
    bool half = false;
    bool sticky = false;
    for (int32_t i = 0; i < cut && (m || half); i++) {
        sticky |= half;
        half = m & 1;
        m >>= 1;
    }
    if (half && (sticky || (m & 1))) {
        m++;
    }
    return rounded(m, real.exponent + cut, false);
}

picket_real_t picket_real_difference(picket_real_t a, picket_real_t b) {
    if (picket_real_compare(a, b) < 0) {
        picket_real_t swap = a;
        a = b;
        b = swap;
    }
    uint64_t small = b.mantissa;
    for (int32_t exponent = b.exponent; exponent < a.exponent && small; exponent++) {
        small >>= 1;
    }
    return rounded(a.mantissa - small, a.exponent, false);
}

int picket_real_compare(picket_real_t a, picket_real_t b) {
    if (a.mantissa == 0 || b.mantissa == 0) {
        return (a.mantissa != 0) - (b.mantissa != 0);
    }
    if (a.exponent != b.exponent) {
        return a.exponent < b.exponent ? -1 : 1;
    }
    return (a.mantissa > b.mantissa) - (a.mantissa < b.mantissa);
}

bool picket_real_round(picket_real_t real, int32_t *value) {
    uint64_t m = real.mantissa;
    bool half = false;
    if (m && real.exponent > -22) { /* 2^52 * 2^-21 = 2^31 */
        return false;
    }
    for (int32_t exponent = real.exponent; exponent < 0 && (m || half); exponent++) {
        half = m & 1;
        m >>= 1;
    }
    m += half;
    *value = (int32_t)m;
    return m <= INT32_MAX;
}

bool picket_real_truncate(picket_real_t real, int32_t *value) {
    uint64_t m = real.mantissa;
    if (m && real.exponent > -22) { /* 2^52 * 2^-21 = 2^31 */
        return false;
    }
    for (int32_t exponent = real.exponent; exponent < 0 && m; exponent++) {
        m >>= 1;
    }
    *value = (int32_t)m;
    return true;
}

bool picket_real_to_multiplier(picket_real_t real, int32_t *multiplier_q31, int32_t *shift) {
    *multiplier_q31 = 0;
    *shift = 0;
    if (real.mantissa == 0) {
        return true;
    }
    uint64_t q31 = (real.mantissa + (1ULL << 21)) >> 22; /* 53 bits to 31, half away from zero */
    int32_t exponent = real.exponent + 53;
    if (q31 == 1ULL << 31) {
        q31 >>= 1;
        exponent++;
    }
    if (exponent > 31) {
        return false;
    }
    if (exponent >= -31) {
        *multiplier_q31 = (int32_t)q31;
        *shift = exponent;
    }
    return true;
}
