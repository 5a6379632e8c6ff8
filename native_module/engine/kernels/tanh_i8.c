#include "../exponential.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* TANH, int8 to int8 with a scale of 1/128 and a zero point of 0. memory: input, output. Works in place. */
void picket_tanh_i8(const void *params, void *const *memory) {
    const picket_logistic_params_t *own = (const picket_logistic_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    for (uint32_t i = 0; i < own->elements; i++) {
        const int32_t value = input[i] - own->zero_point;
        int32_t result = 0;
        if (value <= -own->radius) {
            result = INT8_MIN;
        } else if (value >= own->radius) {
            result = INT8_MAX;
        } else {
            const int32_t x_q27 = picket_requantize(value, own->multiplier_q31, own->shift);
            if (x_q27 != 0) {
                /* Read with 5 bits before the point, the same number is twice as large: tanh(x) is made of exp(2x). */
                const int32_t power_q31 = picket_exp_of_negative(x_q27 > 0 ? -x_q27 : x_q27, 5);
                const int32_t magnitude_q31 = picket_one_minus_over_one_plus(power_q31);
                result = picket_divide_by_pot(x_q27 < 0 ? -magnitude_q31 : magnitude_q31, 24);
            }
        }
        output[i] = (int8_t)picket_clamp(result, INT8_MIN, INT8_MAX);
    }
}
