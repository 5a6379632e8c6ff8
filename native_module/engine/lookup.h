/*
 * The tables of functions of int16 that TFLite interpolates: 513 points, 128 inputs apart. A point is the function's
 * value, less half of what interpolation would be off in the middle to the next one.
 */
#ifndef PICKET_LOOKUP_H
#define PICKET_LOOKUP_H

#include <stdint.h>

#define PICKET_LOOKUP_POINTS 513

/* Point number point of exp(x) as q15: x goes from -10 to 0. */
int32_t picket_lookup_exp_point(uint32_t point);

/* Point number point of 1 / (1 + x) as q15: x goes from 0 to 1. */
int32_t picket_lookup_reciprocal_point(uint32_t point);

/* The point that an input (within int16) lies at or behind. */
static inline uint32_t picket_lookup_point(int32_t input) {
    return (uint32_t)((input >> 7) + 256);
}

/* The function's value at an input, by the points before and behind it. */
static inline int32_t picket_lookup(int32_t input, int32_t before, int32_t behind) {
    return before + (((behind - before) * (input & 127) + 64) >> 7);
}

#endif
