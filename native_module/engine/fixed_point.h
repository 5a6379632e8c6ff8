/*
 * The fixed-point arithmetic of quantised inference, with the bits of TFLite Micro: two roundings, as gemmlowp defines
 * them. Names ending in _q31 hold a fraction with 31 bits after the point.
 */
#ifndef PICKET_FIXED_POINT_H
#define PICKET_FIXED_POINT_H

#include <stdint.h>

/*
 * a * b * 2 / 2^32, rounded to nearest, ties up; a must not be INT32_MIN together with b.
 * gemmlowp adds 2^30 or 1 - 2^30 by the product's sign and then divides towards zero; that is the same number as this
 * floor, for either sign.
 */
static inline int32_t picket_high_mul(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* The same for any a and b: INT32_MIN * INT32_MIN saturates. */
static inline int32_t picket_saturating_high_mul(int32_t a, int32_t b) {
    return a == INT32_MIN && b == INT32_MIN ? INT32_MAX : picket_high_mul(a, b);
}

/* value / 2^exponent, rounded to nearest, ties away from zero; 0 <= exponent <= 31. */
static inline int32_t picket_divide_by_pot(int32_t value, int32_t exponent) {
    int32_t mask = (int32_t)((1u << exponent) - 1);
    int32_t threshold = (mask >> 1) + (value < 0);
    return (value >> exponent) + ((value & mask) > threshold);
}

/* value * 2^exponent; saturates for a positive exponent, rounds for a negative one. */
static inline int32_t picket_multiply_by_pot(int32_t value, int32_t exponent) {
    if (exponent <= 0) {
        return picket_divide_by_pot(value, -exponent);
    }
    int32_t limit = INT32_MAX >> exponent;
    if (value > limit) {
        return INT32_MAX;
    }
    return value < -limit - 1 ? INT32_MIN : (int32_t)((uint32_t)value << exponent);
}

/*
 * value * multiplier_q31 * 2^shift, with the two roundings of TFLite's MultiplyByQuantizedMultiplier; -31 <= shift
 * <= 30. A positive shift goes first and wraps, as it does there.
 */
static inline int32_t picket_requantize(int32_t value, int32_t multiplier_q31, int32_t shift) {
    if (shift > 0) {
        return picket_high_mul((int32_t)((uint32_t)value << shift), multiplier_q31);
    }
    return picket_divide_by_pot(picket_high_mul(value, multiplier_q31), -shift);
}

/* a + b and a * b modulo 2^32: what a sound model never needs and an absurd one may reach. */
static inline int32_t picket_wrapping_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t picket_wrapping_mul(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

static inline int32_t picket_clamp(int32_t value, int32_t min, int32_t max) {
    value = value < min ? min : value;
    return value > max ? max : value;
}

/* From an accumulator to an output: requantise, add the zero point, clamp to the activation's range. */
static inline int32_t picket_output_value(
    int32_t sum, int32_t multiplier_q31, int32_t shift, int32_t zero_point, int32_t min, int32_t max) {
    return picket_clamp(picket_wrapping_add(picket_requantize(sum, multiplier_q31, shift), zero_point), min, max);
}

#endif
