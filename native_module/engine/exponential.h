/* gemmlowp's fixed-point exponential and reciprocal, bit for bit: what SOFTMAX, LOGISTIC and TANH are made of. */
#ifndef PICKET_EXPONENTIAL_H
#define PICKET_EXPONENTIAL_H

#include <stdint.h>

/* exp(x) as q31, for x <= 0 with integer_bits (4 or 5) bits before the point. exp(0) is INT32_MAX. */
int32_t picket_exp_of_negative(int32_t x, int32_t integer_bits);

/* 1 / (1 + x_q31) as q31, for 0 <= x < 1. */
int32_t picket_one_over_one_plus(int32_t x_q31);

/* (1 - x_q31) / (1 + x_q31) as q31, for 0 <= x < 1. */
int32_t picket_one_minus_over_one_plus(int32_t x_q31);

#endif
