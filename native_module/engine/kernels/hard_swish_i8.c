#include "../fixed_point.h"
#include "../kernels.h"

/* a * b * 2 / 2^16, rounded to nearest, ties up. Never both INT16_MIN. */
static int32_t high_mul_i16(int32_t a, int32_t b) {
    return (a * b + (1 << 14)) >> 15;
}

static int32_t shift_left_i16(int32_t value, int32_t exponent) {
    return picket_clamp(picket_multiply_by_pot(value, exponent), INT16_MIN, INT16_MAX);
}

/* (min(max(x / 3, -1), 1) + 1) / 2 as q15, of an input with 7 more bits. */
static int32_t reluish_q15(const picket_hard_swish_params_t *swish, int32_t fine) {
    const int32_t shift = swish->reluish_shift;
    int32_t value = fine;
    if (shift > 0) { /* one bit less at first, so that saturation has its effect only at the end */
        value = shift_left_i16(value, shift - 1);
    }
    value = high_mul_i16(value, swish->reluish_multiplier_q15);
    if (shift > 0) {
        value = shift_left_i16(value, 1);
    } else {
        value = picket_divide_by_pot(value, -shift);
    }
    return (value + (1 << 15)) >> 1;
}

/* HARD_SWISH, int8: x * relu6(x + 3) / 6. memory: input, output. Works in place. */
void picket_hard_swish_i8(const void *params, void *const *memory) {
    const picket_hard_swish_params_t *swish = (const picket_hard_swish_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    for (uint32_t i = 0; i < swish->elements; i++) {
        const int32_t fine = (input[i] - swish->input_zero_point) * 128;
        const int32_t product = reluish_q15(swish, fine) * high_mul_i16(fine, swish->output_multiplier_q15);
        const int32_t value = picket_divide_by_pot(product / (1 << 15), -swish->output_shift); /* first towards zero */
        output[i] = (int8_t)picket_clamp((int16_t)(value + swish->output_zero_point), INT8_MIN, INT8_MAX);
    }
}
