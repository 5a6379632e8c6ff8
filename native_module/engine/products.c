#include "products.h"

#include "order.h"

/* Twelve sums: s<row><input>. */
#define START_4X3(start)                                                                    \
    int32_t s00 = (start)[0], s01 = s00, s02 = s00, s10 = (start)[1], s11 = s10, s12 = s10; \
    int32_t s20 = (start)[2], s21 = s20, s22 = s20, s30 = (start)[3], s31 = s30, s32 = s30

#define STORE_4X3(sums)                                                                                   \
    (sums)[0] = s00, (sums)[1] = s01, (sums)[2] = s02, (sums)[3] = s10, (sums)[4] = s11, (sums)[5] = s12, \
    (sums)[6] = s20, (sums)[7] = s21, (sums)[8] = s22, (sums)[9] = s30, (sums)[10] = s31, (sums)[11] = s32

#define WEIGHT_4X3(row, weight)     \
    do {                            \
        const int32_t w = (weight); \
        s##row##0 += w * x0;        \
        s##row##1 += w * x1;        \
        s##row##2 += w * x2;        \
        PICKET_KEEP_ORDER();        \
    } while (0)

void picket_products_4x3(
    const int8_t *rows, const int8_t *const *inputs, uint32_t depth, const int32_t *start, int32_t *sums) {
    const int8_t *row0 = rows, *row1 = row0 + depth, *row2 = row1 + depth, *row3 = row2 + depth;
    const int8_t *in0 = inputs[0], *in1 = inputs[1], *in2 = inputs[2];
    const int8_t *const end8 = row0 + (depth & ~7u);
    const volatile uint32_t rest = depth & 7; /* in memory, because the first loop has no register to spare for it */
    START_4X3(start);
#define STEP(k)                                              \
    do {                                                     \
        const int32_t x0 = in0[k], x1 = in1[k], x2 = in2[k]; \
        WEIGHT_4X3(0, row0[k]);                              \
        WEIGHT_4X3(1, row1[k]);                              \
        WEIGHT_4X3(2, row2[k]);                              \
        WEIGHT_4X3(3, row3[k]);                              \
    } while (0)
    while (row0 != end8) {
        STEP(0);
        STEP(1);
        STEP(2);
        STEP(3);
        STEP(4);
        STEP(5);
        STEP(6);
        STEP(7);
        row0 += 8, row1 += 8, row2 += 8, row3 += 8, in0 += 8, in1 += 8, in2 += 8;
    }
    for (uint32_t left = rest; left > 0; left--) {
        STEP(0);
        row0++, row1++, row2++, row3++, in0++, in1++, in2++;
    }
#undef STEP
    STORE_4X3(sums);
}

void picket_products_4x3_depth_major(
    const int8_t *weights, uint32_t channels, const int8_t *const *inputs, uint32_t depth, const int32_t *start,
    int32_t *sums) {
    const int8_t *in0 = inputs[0], *in1 = inputs[1], *in2 = inputs[2];
    const int8_t *const end = in0 + depth;
    START_4X3(start);
    for (; in0 != end; in0++, in1++, in2++, weights += channels) {
        const int32_t x0 = *in0, x1 = *in1, x2 = *in2;
        WEIGHT_4X3(0, weights[0]);
        WEIGHT_4X3(1, weights[1]);
        WEIGHT_4X3(2, weights[2]);
        WEIGHT_4X3(3, weights[3]);
    }
    STORE_4X3(sums);
}

void picket_products_8x1(const int8_t *rows, const int8_t *input, uint32_t depth, int32_t zero_point, int32_t *sums) {
    const int8_t *row0 = rows, *row1 = row0 + depth, *row2 = row1 + depth, *row3 = row2 + depth;
    const int8_t *row4 = row3 + depth, *row5 = row4 + depth, *row6 = row5 + depth, *row7 = row6 + depth;
    const int8_t *const end = row0 + depth, *const end8 = row0 + (depth & ~7u);
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3], s4 = sums[4], s5 = sums[5], s6 = sums[6],
            s7 = sums[7];
#define ROW(r, k)              \
    do {                       \
        s##r += row##r[k] * x; \
        PICKET_KEEP_ORDER();   \
    } while (0)
#define STEP(k)                                  \
    do {                                         \
        const int32_t x = input[k] - zero_point; \
        ROW(0, k);                               \
        ROW(1, k);                               \
        ROW(2, k);                               \
        ROW(3, k);                               \
        ROW(4, k);                               \
        ROW(5, k);                               \
        ROW(6, k);                               \
        ROW(7, k);                               \
    } while (0)
    while (row0 != end8) {
        STEP(0);
        STEP(1);
        STEP(2);
        STEP(3);
        STEP(4);
        STEP(5);
        STEP(6);
        STEP(7);
        input += 8, row0 += 8, row1 += 8, row2 += 8, row3 += 8, row4 += 8, row5 += 8, row6 += 8, row7 += 8;
    }
    while (row0 != end) {
        STEP(0);
        input++, row0++, row1++, row2++, row3++, row4++, row5++, row6++, row7++;
    }
#undef STEP
#undef ROW
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3, sums[4] = s4, sums[5] = s5, sums[6] = s6, sums[7] = s7;
}

int32_t picket_product(const int8_t *row, uint32_t step, const int8_t *input, uint32_t depth, int32_t zero_point) {
    int32_t sum = 0;
    for (const int8_t *const end = input + depth; input != end; input++, row += step) {
        sum += *row * (*input - zero_point);
    }
    return sum;
}
