#include "float_bits.h"

#if PICKET_COMPACT
#include "real.h"

/* The loader's arithmetic serves here, too: less code, more time. */
int32_t picket_quantize_bits(uint32_t value_bits, uint32_t scale_bits, int32_t zero_point, int32_t min, int32_t max) {
    enum { BEYOND = 1 << 24 }; /* more steps than any type has */
    const uint32_t magnitude = value_bits & 0x7fffffff;
    picket_real_t value, scale;
    int32_t steps = magnitude > 0x7f800000 ? 0 : BEYOND;
    if (picket_real_from_f32(magnitude, &value) && picket_real_from_f32(scale_bits, &scale)
        && (!picket_real_round(picket_real_to_f32(picket_real_div(value, scale)), &steps) || steps > BEYOND)) {
        steps = BEYOND;
    }
    steps = zero_point + (value_bits >> 31 ? -steps : steps);
    return steps < min ? min : steps > max ? max : steps;
}

uint32_t picket_dequantize_bits(int32_t difference, uint32_t scale_bits) {
    const uint32_t sign = difference < 0 ? 0x80000000u : 0;
    picket_real_t scale;
    picket_real_from_f32(scale_bits, &scale);
    const picket_real_t steps = picket_real_from_u32((uint32_t)(difference < 0 ? -difference : difference));
    const picket_real_t product = picket_real_to_f32(picket_real_mul(steps, scale));
    if (product.mantissa == 0) {
        return 0;
    }
    /* mantissa * 2^(exponent - 150): 24 bits, the first of which a normal float32 only implies, or fewer. */
    uint32_t mantissa = (uint32_t)(product.mantissa >> 29);
    int32_t exponent = product.exponent + 29 + 150;
    if (exponent > 254) {
        return sign | 0x7f800000;
    }
    for (; exponent < 1; exponent++) {
        mantissa >>= 1;
    }
    return sign | (((uint32_t)(exponent - 1) << 23) + mantissa);
}
#else

/* mantissa * 2^exponent of a float32's magnitude, with 2^23 <= mantissa < 2^24; mantissa 0 for zero. Not for NaN and
 * infinity. */
static uint32_t split(uint32_t bits, int32_t *exponent) {
    uint32_t mantissa = bits & 0x7fffff;
    *exponent = (int32_t)(bits >> 23 & 0xff) - 150;
    if (*exponent != -150) {
        return mantissa | 0x800000;
    }
    *exponent = -149;
    while (mantissa && mantissa < 0x800000) {
        mantissa <<= 1;
        *exponent -= 1;
    }
    return mantissa;
}

/* round(|value| / scale), at most 2^24. */
static int32_t rounded_quotient(uint32_t value_bits, uint32_t scale_bits) {
    int32_t value_exponent, scale_exponent;
    const uint32_t divisor = split(scale_bits, &scale_exponent);
    uint32_t remainder = split(value_bits, &value_exponent);
    int32_t exponent = value_exponent - scale_exponent - 23;
    if (remainder == 0 || exponent < -25) {
        return 0;
    }
    if (exponent > 0) {
        return 1 << 24;
    }
    if (remainder < divisor) {
        remainder <<= 1;
        exponent--;
    }
    uint32_t quotient = 0; /* 24 bits */
    for (int bit = 0; bit < 24; bit++) {
        quotient <<= 1;
        if (remainder >= divisor) {
            remainder -= divisor;
            quotient |= 1;
        }
        remainder <<= 1;
    }
    /* The float32 nearest to the quotient; remainder is twice what is left. */
    if (remainder > divisor || (remainder == divisor && (quotient & 1))) {
        quotient++;
    }
    if (exponent == 0) {
        return (int32_t)quotient;
    }
    return exponent < -25 ? 0 : (int32_t)((quotient + (1u << (-exponent - 1))) >> -exponent);
}

int32_t picket_quantize_bits(uint32_t value_bits, uint32_t scale_bits, int32_t zero_point, int32_t min, int32_t max) {
    const uint32_t magnitude = value_bits & 0x7fffffff;
    int32_t steps = 0;
    if (magnitude < 0x7f800000) {
        steps = rounded_quotient(magnitude, scale_bits);
    } else if (magnitude == 0x7f800000) {
        steps = 1 << 24;
    }
    const int32_t value = zero_point + (value_bits >> 31 ? -steps : steps);
    return value < min ? min : value > max ? max : value;
}

uint32_t picket_dequantize_bits(int32_t difference, uint32_t scale_bits) {
    const uint32_t sign = difference < 0 ? 0x80000000u : 0;
    int32_t exponent;
    uint64_t product = (uint64_t)split(scale_bits, &exponent) * (uint32_t)(difference < 0 ? -difference : difference);
    if (product == 0) {
        return 0;
    }
    uint32_t half = 0;
    uint32_t sticky = 0;
    /* 24 bits are kept, fewer where the last one would be worth less than 2^-149. */
    while (product >> 24 || exponent < -149) {
        sticky |= half;
        half = (uint32_t)product & 1;
        product >>= 1;
        exponent++;
    }
    uint32_t mantissa = (uint32_t)product;
    if (half && (sticky || (mantissa & 1))) {
        mantissa++;
    }
    while (mantissa < 0x800000 && exponent > -149) {
        mantissa <<= 1;
        exponent--;
    }
    /* A mantissa that rounding has carried to 2^24 is the next power of two: adding it below does the right thing. */
    if (exponent >= 105) {
        return sign | 0x7f800000;
    }
    return sign | (((uint32_t)(exponent + 149) << 23) + mantissa);
}
#endif
