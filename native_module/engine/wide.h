/*
 * Sums of layers with int16 activations and int8 weights, with TFLite's bits.
 *
 * TFLite sums in 64 bits, and scales by a multiplier of 16 bits with one rounding; or, where the bias is int32, in 32
 * bits that wrap, scaled with two roundings like sums of int8. Either way a sum of 64 bits holds what is needed. At load
 * (operators/wide_layer.h) it is made sure that no sum of 64 bits reaches 2^46.
 */
#ifndef PICKET_WIDE_H
#define PICKET_WIDE_H

#include "kernels.h"

#define PICKET_WIDE_PRODUCT_BITS 22 /* no product of a weight and an input is above 2^22 */
#define PICKET_WIDE_SUM_BITS 46
#define PICKET_WIDE_CHUNK (1 << (30 - PICKET_WIDE_PRODUCT_BITS)) /* products whose sum fits in 32 bits */

/* The sum of so many products. */
int64_t picket_wide_product(const int8_t *weights, const int16_t *input, uint32_t count);

/* The same for 4 rows of weights that begin row_step apart: sums[r] += the sum of row r. An input is loaded once. */
void picket_wide_products_4(
    const int8_t *rows, uint32_t row_step, const int16_t *input, uint32_t count, int64_t *sums);

/* An element of a constant of int64, which a file aligns to 4 bytes only. */
static inline int64_t picket_wide_load(const void *data, uint32_t element) {
    const uint32_t *words = (const uint32_t *)data + 2 * element;
    return (int64_t)((uint64_t)words[1] << 32 | words[0]);
}

/* A channel's bias; 0 where bias is NULL. */
int64_t picket_wide_bias(const void *bias, uint32_t channel, picket_wide_sums_t sums);

/* Scale a sum; not yet clamped. */
int32_t picket_wide_scale(int64_t sum, int32_t multiplier, int32_t shift, picket_wide_sums_t sums);

#endif
