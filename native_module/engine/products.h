/* Dot products of int8 vectors in blocks, so that an element is loaded once for several products. */
#ifndef PICKET_PRODUCTS_H
#define PICKET_PRODUCTS_H

#include <stdint.h>

/*
 * 4 rows of weights by 3 inputs: sums[3 * r + p] = start[r] + sum over k of rows[r * depth + k] * inputs[p][k].
 * Twelve sums and what they need just fit in the registers of RISC-V and Arm; 7 loads serve 12 products. Nothing may
 * overflow.
 */
void picket_products_4x3(
    const int8_t *rows, const int8_t *const *inputs, uint32_t depth, const int32_t *start, int32_t *sums);

/*
 * The same with weights laid out [depth][channels], from 4 of the channels: sums[3 * r + p] = start[r] + sum over k of
 * weights[k * channels + r] * inputs[p][k].
 */
void picket_products_4x3_depth_major(
    const int8_t *weights, uint32_t channels, const int8_t *const *inputs, uint32_t depth, const int32_t *start,
    int32_t *sums);

/* 8 rows of weights by one input: sums[r] += sum over k of rows[r * depth + k] * (input[k] - zero_point). Nothing may
 * overflow. */
void picket_products_8x1(const int8_t *rows, const int8_t *input, uint32_t depth, int32_t zero_point, int32_t *sums);

/* One row: the sum over k of row[k * step] * (input[k] - zero_point). */
int32_t picket_product(const int8_t *row, uint32_t step, const int8_t *input, uint32_t depth, int32_t zero_point);

#endif
