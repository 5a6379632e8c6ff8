#include "compact.h"

void picket_compact_products(
    const int8_t *weights, const int32_t *steps, const int8_t *inputs, int32_t run, int32_t zero_point,
    uint32_t *sums) {
    const int8_t *w0 = weights, *w1 = weights + steps[1], *w2 = weights + steps[2], *w3 = weights + steps[3];
    uint32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    for (const int8_t *const end = inputs + run; inputs != end; inputs++) {
        const int32_t x = *inputs - zero_point;
        s0 += (uint32_t)(*w0++ * x);
        s1 += (uint32_t)(*w1++ * x);
        s2 += (uint32_t)(*w2++ * x);
        s3 += (uint32_t)(*w3++ * x);
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

void picket_compact_single_products(
    const picket_compact_window_t *window, const int8_t *weights, const int32_t *steps, const int8_t *inputs,
    int32_t zero_point, uint32_t *sums) {
    const int32_t step1 = steps[1], step2 = steps[2], step3 = steps[3];
    uint32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    for (int32_t row = window->rows; row > 0; row--, weights += window->weight_row, inputs += window->input_row) {
        const int8_t *tap = weights, *pixel = inputs;
        for (int32_t column = window->columns; column > 0; column--) {
            s0 += (uint32_t)(tap[0] * (pixel[0] - zero_point));
            s1 += (uint32_t)(tap[step1] * (pixel[step1] - zero_point));
            s2 += (uint32_t)(tap[step2] * (pixel[step2] - zero_point));
            s3 += (uint32_t)(tap[step3] * (pixel[step3] - zero_point));
            tap += window->weight_column;
            pixel += window->input_column;
        }
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}
