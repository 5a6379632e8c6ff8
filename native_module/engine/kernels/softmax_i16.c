#include "../fixed_point.h"
#include "../kernels.h"
#include "../lookup.h"

/* exp(input - highest) as q15, by the table. */
static int32_t exp_q15(const picket_softmax_params_t *softmax, const int16_t *points, int32_t difference) {
    /* Scaled so that -65535 to 0 are -10 to 0, then moved to the table's middle. */
    const int32_t scaled = picket_requantize(difference, softmax->multiplier_q31, softmax->left_shift);
    const int32_t at = picket_clamp(picket_wrapping_add(scaled, INT16_MAX), INT16_MIN, INT16_MAX);
    const int16_t *point = points + picket_lookup_point(at);
    return picket_lookup(at, point[0], point[1]);
}

/* 1 / (1 + x) as q15, of an x that is given as TFLite's table has it: the whole int16 stands for 0 to 1. */
static int32_t reciprocal_q15(int32_t x) {
    const uint32_t point = picket_lookup_point(x);
    return picket_lookup(x, picket_lookup_reciprocal_point(point), picket_lookup_reciprocal_point(point + 1));
}

/*
 * SOFTMAX, int16 to int16 with a scale of 2^-15. memory: input, output; [rows][depth]; table of the exponential's
 * points. Works in place.
 */
void picket_softmax_i16(const void *params, void *const *memory) {
    const picket_softmax_params_t *softmax = (const picket_softmax_params_t *)params;
    const int16_t *input = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[1];
    for (uint32_t row = 0; row < softmax->rows; row++, input += softmax->depth, output += softmax->depth) {
        int32_t highest = INT16_MIN;
        for (uint32_t i = 0; i < softmax->depth; i++) {
            highest = input[i] > highest ? input[i] : highest;
        }
        uint32_t sum = 0; /* below 2^31: at most 65,536 terms */
        for (uint32_t i = 0; i < softmax->depth; i++) {
            output[i] = (int16_t)exp_q15(softmax, (const int16_t *)memory[2], input[i] - highest);
            sum += (uint32_t)output[i];
        }
        int32_t exponent = 30; /* of the sum's leading bit */
        while (sum >> 30 == 0) {
            sum <<= 1;
            exponent--;
        }
        const int32_t one_plus_x_q16 = (int32_t)((sum + (1 << 13)) >> 14);
        const int32_t x = picket_clamp(one_plus_x_q16 - (1 << 16) + INT16_MIN, INT16_MIN, INT16_MAX);
        const int32_t reciprocal = reciprocal_q15(x);
        for (uint32_t i = 0; i < softmax->depth; i++) {
            const int32_t share = (output[i] * reciprocal + (1 << (exponent - 1))) >> exponent;
            output[i] = (int16_t)picket_clamp(share, 0, INT16_MAX);
        }
    }
}
