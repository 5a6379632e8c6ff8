/* The inputs' scale of TANH and LOGISTIC. */
#ifndef PICKET_SIGMOID_SCALE_H
#define PICKET_SIGMOID_SCALE_H

#include "unary.h"

/* Fill in the parameters of a prepared operator from int8 to int8. Returns false after a fault. */
bool picket_prepare_sigmoid_i8(picket_prepare_t *op, const picket_unary_t *unary, picket_logistic_params_t *params);

/*
 * Check a prepared operator from int16 to int16 and fill in its parameters. Inputs whose scale is 2^-12 (up to
 * 2^highest times as much) need no rounding. Returns false after a fault.
 */
bool picket_prepare_sigmoid(picket_prepare_t *op, const picket_unary_t *unary, int32_t highest);

/* The exponent of a scale that is a power of two, within a thousandth of its logarithm as in TFLite; else false. */
bool picket_power_of_two(picket_real_t scale, int32_t *exponent);

#endif
