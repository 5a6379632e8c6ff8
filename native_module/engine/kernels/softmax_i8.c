#include "../exponential.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* exp(difference), q31, of an input that lies difference below its row's maximum. */
static int32_t exp_of_difference(const picket_softmax_params_t *softmax, int32_t difference) {
    /* Scaled to a fixed-point number with 5 bits before the point. */
    return picket_exp_of_negative(
        picket_high_mul((int32_t)((uint32_t)difference << softmax->left_shift), softmax->multiplier_q31), 5);
}

/*
 * SOFTMAX, int8 to int8 with scale 1/256 and zero point -128. memory: input, output; [rows][depth]. Works in place.
 */
void picket_softmax_i8(const void *params, void *const *memory) {
    const picket_softmax_params_t *softmax = (const picket_softmax_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];

    for (uint32_t row = 0; row < softmax->rows; row++, input += softmax->depth, output += softmax->depth) {
        int32_t highest = INT8_MIN;
        for (uint32_t i = 0; i < softmax->depth; i++) {
            highest = input[i] > highest ? input[i] : highest;
        }
        uint32_t sum = 0; /* 12 bits before the point, so at most 4095 terms */
        for (uint32_t i = 0; i < softmax->depth; i++) {
            if (input[i] - highest >= softmax->lowest_difference) {
                sum += (uint32_t)picket_divide_by_pot(exp_of_difference(softmax, input[i] - highest), 12);
            }
        }
        int32_t exponent = 12 + 31 - 8; /* of the quotient, for an output of 8 bits */
        while (sum >> 31 == 0) {
            sum <<= 1;
            exponent--;
        }
        const int32_t reciprocal_q31 = picket_one_over_one_plus((int32_t)(sum - (1u << 31)));
        for (uint32_t i = 0; i < softmax->depth; i++) {
            int32_t value = 0;
            if (input[i] - highest >= softmax->lowest_difference && exponent <= 31) {
                value = picket_divide_by_pot(
                    picket_high_mul(reciprocal_q31, exp_of_difference(softmax, input[i] - highest)), exponent);
            }
            output[i] = (int8_t)picket_clamp(value + INT8_MIN, INT8_MIN, INT8_MAX);
        }
    }
}
