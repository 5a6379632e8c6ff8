#include "../fixed_point.h"
#include "../kernels.h"

/*
 * multiplier_q31 * 2^shift = 1 / sqrt(square), by Newton and Raphson as TFLite does it; q28 has three bits before the
 * point.
 */
static int32_t inverse_root(int32_t square, int32_t *shift) {
    *shift = 0;
    if (square <= 1) {
        return INT32_MAX;
    }
    int32_t right = 11;
    while (square >= 1 << 29) {
        square /= 4;
        right++;
    }
    while (square < 1 << 27) {
        square *= 4;
        right--;
    }
    const int32_t half_q28 = picket_divide_by_pot(square >> 1, 1);
    const int32_t three_halves_q28 = (1 << 28) + (1 << 27);
    int32_t x_q28 = 1 << 28;
    for (int step = 0; step < 5; step++) {
        const int32_t cube_q28 = picket_multiply_by_pot(picket_high_mul(picket_high_mul(x_q28, x_q28), x_q28), 6);
        const int32_t next_q25 = picket_high_mul(three_halves_q28, x_q28) - picket_high_mul(half_q28, cube_q28);
        x_q28 = picket_multiply_by_pot(next_q25, 3);
    }
    const int32_t half_root_of_two_q31 = 1518500250;
    int32_t result = picket_high_mul(x_q28, half_root_of_two_q31);
    if (right < 0) {
        result = (int32_t)((uint32_t)result << -right);
        right = 0;
    }
    *shift = -right;
    return result;
}

/*
 * L2_NORMALIZATION, int8 to int8 with a scale of 1/128 and a zero point of 0. memory: input, output; [rows][depth].
 * Works in place.
 */
void picket_l2_normalization_i8(const void *params, void *const *memory) {
    enum { OUTPUT_BITS = 7 };
    const picket_l2_normalization_params_t *own = (const picket_l2_normalization_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    for (uint32_t row = 0; row < own->rows; row++, input += own->depth, output += own->depth) {
        int32_t squares = 0;
        for (uint32_t i = 0; i < own->depth; i++) {
            const int32_t value = input[i] - own->input_zero_point;
            squares += value * value;
        }
        int32_t shift;
        const int32_t multiplier_q31 = inverse_root(squares, &shift);
        for (uint32_t i = 0; i < own->depth; i++) {
            const int32_t value = input[i] - own->input_zero_point;
            output[i] = (int8_t)picket_output_value(value, multiplier_q31, shift + OUTPUT_BITS, 0, INT8_MIN, INT8_MAX);
        }
    }
}
