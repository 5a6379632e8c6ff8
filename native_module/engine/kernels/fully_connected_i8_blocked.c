#include "../fixed_point.h"
#include "../kernels.h"
#include "../registers.h"

enum { BLOCK = 8 };

/* Add 8 dot products to sums: rows of weights, one after the other, with one input. Wraps, as TFLite's sums do. */
static void dot_8(const int8_t *rows, const int8_t *input, uint32_t depth, int32_t zero_point, uint32_t *sums) {
    const int8_t *row0 = rows, *row1 = row0 + depth, *row2 = row1 + depth, *row3 = row2 + depth;
    const int8_t *row4 = row3 + depth, *row5 = row4 + depth, *row6 = row5 + depth, *row7 = row6 + depth;
    uint32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3], s4 = sums[4], s5 = sums[5], s6 = sums[6], s7 = sums[7];
    const int8_t *const end = row0 + depth;
    const int8_t *const end4 = row0 + (depth & ~3u);
#define STEP(k)                                  \
    do {                                         \
        const int32_t x = input[k] - zero_point; \
        s0 += (uint32_t)(row0[k] * x);           \
        s1 += (uint32_t)(row1[k] * x);           \
        s2 += (uint32_t)(row2[k] * x);           \
        s3 += (uint32_t)(row3[k] * x);           \
        s4 += (uint32_t)(row4[k] * x);           \
        s5 += (uint32_t)(row5[k] * x);           \
        s6 += (uint32_t)(row6[k] * x);           \
        s7 += (uint32_t)(row7[k] * x);           \
        PICKET_KEEP_ORDER();                     \
    } while (0)
    while (row0 != end4) {
        STEP(0);
        STEP(1);
        STEP(2);
        STEP(3);
        input += 4, row0 += 4, row1 += 4, row2 += 4, row3 += 4, row4 += 4, row5 += 4, row6 += 4, row7 += 4;
    }
    while (row0 != end) {
        STEP(0);
        input++, row0++, row1++, row2++, row3++, row4++, row5++, row6++, row7++;
    }
#undef STEP
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3, sums[4] = s4, sums[5] = s5, sums[6] = s6, sums[7] = s7;
}

static uint32_t dot_1(const int8_t *row, const int8_t *input, uint32_t depth, int32_t zero_point) {
    uint32_t sum = 0;
    for (uint32_t k = 0; k < depth; k++) {
        sum += (uint32_t)(row[k] * (input[k] - zero_point));
    }
    return sum;
}

/*
 * FULLY_CONNECTED, int8: 8 outputs at a time, so that an input is loaded once for eight weights.
 *
 * memory: as picket_fully_connected_i8.
 */
void picket_fully_connected_i8_blocked(const void *params, void *const *memory) {
    const picket_fully_connected_params_t *layer = (const picket_fully_connected_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    const int32_t *bias = (const int32_t *)memory[2];
    int8_t *output = (int8_t *)memory[3];
    int32_t multiplier_q31 = layer->multiplier_q31;
    int32_t shift = layer->shift;

    for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
        const int8_t *weights = (const int8_t *)memory[1];
        uint32_t count;
        for (uint32_t first = 0; first < layer->outputs; first += count, weights += count * layer->depth) {
            uint32_t sums[BLOCK];
            count = layer->outputs - first < BLOCK ? layer->outputs - first : BLOCK;
            for (uint32_t i = 0; i < count; i++) {
                sums[i] = bias ? (uint32_t)bias[first + i] : 0;
            }
            if (count == BLOCK) {
                dot_8(weights, input, layer->depth, layer->input_zero_point, sums);
            } else {
                for (uint32_t i = 0; i < count; i++) {
                    sums[i] += dot_1(weights + i * layer->depth, input, layer->depth, layer->input_zero_point);
                }
            }
            for (uint32_t i = 0; i < count; i++) {
                if (layer->per_channel) {
                    multiplier_q31 = ((const int32_t *)memory[4])[first + i];
                    shift = ((const int8_t *)((const int32_t *)memory[4] + layer->outputs))[first + i];
                }
                *output++ = (int8_t)picket_output_value(
                    (int32_t)sums[i], multiplier_q31, shift, layer->output_zero_point, layer->output_min, layer->output_max);
            }
        }
    }
}
