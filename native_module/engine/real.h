/*
 * Positive real numbers with 53 bits, by integer arithmetic: what the loader needs to turn scales into fixed-point
 * multipliers.
 *
 * TFLite computes them in double (and some in float); the bits of the result depend on that. These functions round as
 * IEEE 754 does, to nearest, ties to even, so that the multipliers are TFLite's to the last bit, on machines and in
 * modules that have neither a double nor the library for it. Loading only: shifts go bit by bit, because a 64-bit shift
 * by a variable is a library call on 32-bit machines.
 */
#ifndef PICKET_REAL_H
#define PICKET_REAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * mantissa * 2^exponent with 2^52 <= mantissa < 2^53; zero is mantissa 0. Eight bytes travel in registers. The exponents
 * of three float32s' product or quotient need 10 bits.
 */
typedef struct {
    uint64_t mantissa : 53;
    int64_t exponent : 11;
} picket_real_t;

/* The value of a float32's bits. Returns false for negative numbers, NaN and infinity. */
bool picket_real_from_f32(uint32_t bits, picket_real_t *real);

picket_real_t picket_real_from_u32(uint32_t value);

/* a * b and a / b (b not zero), rounded to 53 bits. */
picket_real_t picket_real_mul(picket_real_t a, picket_real_t b);
picket_real_t picket_real_div(picket_real_t a, picket_real_t b);

/* real * 2^exponent, exact. */
picket_real_t picket_real_scale(picket_real_t real, int32_t exponent);

/* The nearest float32, subnormals included, as a real; what C's (float) makes of a double. */
picket_real_t picket_real_to_f32(picket_real_t real);

/* |a - b|, rounded to about 50 bits: for tolerances. */
picket_real_t picket_real_difference(picket_real_t a, picket_real_t b);

/* Negative, zero or positive as a is less than, equal to or greater than b. */
int picket_real_compare(picket_real_t a, picket_real_t b);

/* Round half away from zero. Returns false for 2^31 and more. */
bool picket_real_round(picket_real_t real, int32_t *value);

/* Round towards zero. Returns false for 2^31 and more. */
bool picket_real_truncate(picket_real_t real, int32_t *value);

/*
 * multiplier_q31 * 2^(shift - 31) nearest to real, as TFLite's QuantizeMultiplier: 2^30 <= multiplier_q31 < 2^31, or 0
 * for reals below 2^-32. Returns false where the shift exceeds 31 (a real of 2^31 or more).
 */
bool picket_real_to_multiplier(picket_real_t real, int32_t *multiplier_q31, int32_t *shift);

#endif
