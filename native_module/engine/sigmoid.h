/* Sigmoid and tanh of int16, by a table, with TFLite's bits: for TANH, LOGISTIC and LSTM. */
#ifndef PICKET_SIGMOID_H
#define PICKET_SIGMOID_H

#include <stdint.h>

/*
 * What brings an input to the table's scale, 1 / 12288: input * multiplier / 2^shift; multiplier <= 32767, shift <=
 * 31.
 */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} picket_sigmoid_scale_t;

/* 1 / (1 + exp(-x)) and tanh(x) of an int16 as q15. */
int32_t picket_sigmoid_q15(int32_t x, picket_sigmoid_scale_t scale);
int32_t picket_tanh_q15(int32_t x, picket_sigmoid_scale_t scale);

#endif
