/* SOFTMAX of a row of int8: what its outputs are multiplied by, whatever their type. */
#ifndef PICKET_SOFTMAX_ROW_H
#define PICKET_SOFTMAX_ROW_H

#include "exponential.h"
#include "fixed_point.h"
#include "kernels.h"

typedef struct {
    int32_t highest;        /* input */
    int32_t reciprocal_q31; /* of the sum, scaled by a power of two */
    int32_t exponent; /* exp * reciprocal / 2^(32 + exponent) is an input's share of the row, with the output's bits */
} picket_softmax_row_t;

/* exp(difference), q31, of an input that lies difference below its row's maximum. */
static inline int32_t picket_softmax_exp(const picket_softmax_params_t *softmax, int32_t difference) {
    /* Scaled to a fixed-point number with 5 bits before the point. */
    return picket_exp_of_negative(
        picket_high_mul((int32_t)((uint32_t)difference << softmax->left_shift), softmax->multiplier_q31), 5);
}

/* Shares shall have so many bits behind the point. */
static inline picket_softmax_row_t picket_softmax_row(
    const picket_softmax_params_t *softmax, const int8_t *input, int32_t bits) {
    picket_softmax_row_t row = {.highest = INT8_MIN, .exponent = 12 + 31 - bits};
    for (uint32_t i = 0; i < softmax->depth; i++) {
        row.highest = input[i] > row.highest ? input[i] : row.highest;
    }
    uint32_t sum = 0; /* 12 bits before the point, so at most 4095 terms */
    for (uint32_t i = 0; i < softmax->depth; i++) {
        if (input[i] - row.highest >= softmax->lowest_difference) {
            sum += (uint32_t)picket_divide_by_pot(picket_softmax_exp(softmax, input[i] - row.highest), 12);
        }
    }
    while (sum >> 31 == 0) {
        sum <<= 1;
        row.exponent--;
    }
    row.reciprocal_q31 = picket_one_over_one_plus((int32_t)(sum - (1u << 31)));
    return row;
}

/* The share of an input in its row. */
static inline int32_t picket_softmax_share(
    const picket_softmax_params_t *softmax, const picket_softmax_row_t *row, int32_t input) {
    if (input - row->highest < softmax->lowest_difference || row->exponent > 31) {
        return 0;
    }
    return picket_divide_by_pot(
        picket_high_mul(row->reciprocal_q31, picket_softmax_exp(softmax, input - row->highest)), row->exponent);
}

#endif
