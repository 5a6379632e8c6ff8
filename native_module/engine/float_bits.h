/*
 * Conversions between float32 and quantised numbers by integer arithmetic on the float's bits: the results of an IEEE
 * 754 unit, on machines that have none and in modules that cannot link the library for it.
 */
#ifndef PICKET_FLOAT_BITS_H
#define PICKET_FLOAT_BITS_H

#include <stdint.h>

static inline uint32_t picket_float_bits(float value) {
    union {
        float value;
        uint32_t bits;
    } both = {value};
    return both.bits;
}

static inline float picket_float_from_bits(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } both = {bits};
    return both.value;
}

/*
 * round(value / scale) + zero_point, clamped to [min, max]. The quotient is rounded to float32 first, then half away
 * from zero, as TFLite does.
 *
 * value_bits  any float32; NaN counts as 0
 * scale_bits  a finite float32 above 0
 */
int32_t picket_quantize_bits(uint32_t value_bits, uint32_t scale_bits, int32_t zero_point, int32_t min, int32_t max);

/* The bits of scale * difference, rounded to float32; |difference| < 2^17. */
uint32_t picket_dequantize_bits(int32_t difference, uint32_t scale_bits);

#endif
