#include "../fixed_point.h"
#include "../int4.h"
#include "../kernels.h"

/* The sum of the products of so many weights, the first of which is number first, and inputs less the zero point. */
static uint32_t product(const uint8_t *packed, uint32_t first, const int8_t *input, uint32_t count, int32_t zero_point) {
    uint32_t sum = 0; /* wraps, as TFLite's does */
    if (first % 2) {
        sum += (uint32_t)(picket_int4(packed, first++) * (*input++ - zero_point));
        count--;
    }
    const uint8_t *pairs = packed + first / 2;
#define PAIR(k)                                                                            \
    do {                                                                                   \
        const int8_t pair = (int8_t)pairs[k];                                              \
        sum += (uint32_t)(picket_int4_low(pair) * (input[2 * (k)] - zero_point));          \
        sum += (uint32_t)(picket_int4_high(pair) * (input[2 * (k) + 1] - zero_point));     \
    } while (0)
    for (; count >= 8; count -= 8, input += 8, pairs += 4) {
        PAIR(0);
        PAIR(1);
        PAIR(2);
        PAIR(3);
    }
#undef PAIR
    for (uint32_t i = 0; i < count; i++) {
        sum += (uint32_t)(picket_int4(pairs, i) * (input[i] - zero_point));
    }
    return sum;
}

/*
 * FULLY_CONNECTED, int8 with weights of int4 that have one scale. Each weight is used once per row of the input, so it is
 * unpacked where it is used.
 *
 * memory: input [batches][depth], weights [outputs][depth], bias int32 [outputs] or NULL, output [batches][outputs].
 */
void picket_fully_connected_i4(const void *params, void *const *memory) {
    const picket_fully_connected_params_t *layer = (const picket_fully_connected_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    const int32_t *bias = (const int32_t *)memory[2];
    int8_t *output = (int8_t *)memory[3];
    for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
        for (uint32_t out = 0; out < layer->outputs; out++) {
            const uint32_t sum = (bias ? (uint32_t)bias[out] : 0)
                + product((const uint8_t *)memory[1], out * layer->depth, input, layer->depth, layer->input_zero_point);
            *output++ = (int8_t)picket_output_value(
                (int32_t)sum, layer->multiplier_q31, layer->shift, layer->output_zero_point, layer->output_min,
                layer->output_max);
        }
    }
}
