#include "lookup.h"

#include "exponential.h"

enum { LAST = PICKET_LOOKUP_POINTS - 1, HALVES = 2 * LAST /* half points from the first to the last */ };

static int32_t exp_q31(uint32_t half) {
    const int32_t step_q26 = (10 << 26) / HALVES; /* exact */
    return picket_exp_of_negative(((int32_t)half - HALVES) * step_q26, 5);
}

static int32_t reciprocal_q31(uint32_t half) {
    return picket_one_over_one_plus(half == HALVES ? INT32_MAX : (int32_t)(half << 21));
}

/* value / 2^bits, rounded to nearest. */
static int32_t rounded(int32_t value, uint32_t bits) {
    return (value + (1 << (bits - 1))) >> bits;
}

/*
 * A point by the function's values at it, in the middle to the next one and at the next one. TFLite computes with
 * float32, whose numbers have 9 bits behind the point in the upper half of q15, and 8 after an addition: those
 * roundings are made here.
 */
static int32_t point_q15(int32_t here_q31, int32_t middle_q31, int32_t next_q31) {
    const int32_t value = rounded(rounded(here_q31 >> 1, 6), 9);
    const int32_t middle = rounded(rounded(middle_q31 >> 1, 6), 9);
    int32_t twice_interpolated_q9 = rounded(next_q31 >> 1, 6) + (value << 9);
    if (twice_interpolated_q9 & 1) { /* ties to even */
        twice_interpolated_q9 += twice_interpolated_q9 & 2 ? 1 : -1;
    }
    const int32_t error = rounded(twice_interpolated_q9, 10) - middle;
    const int32_t half_error = error < 0 ? -((1 - error) / 2) : (error + 1) / 2; /* half away from zero */
    const int32_t point = value - half_error;
    return point > INT16_MAX ? INT16_MAX : point;
}

int32_t picket_lookup_exp_point(uint32_t point) {
    return point == LAST ? INT16_MAX : point_q15(exp_q31(2 * point), exp_q31(2 * point + 1), exp_q31(2 * point + 2));
}

int32_t picket_lookup_reciprocal_point(uint32_t point) {
    return point == LAST
        ? 1 << 14
        : point_q15(reciprocal_q31(2 * point), reciprocal_q31(2 * point + 1), reciprocal_q31(2 * point + 2));
}
