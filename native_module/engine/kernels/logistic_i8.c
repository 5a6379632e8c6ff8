#include "../exponential.h"
#include "../fixed_point.h"
#include "../kernels.h"

static int8_t logistic(const picket_logistic_params_t *params, int32_t input) {
    const int32_t value = input - params->zero_point;
    if (value <= -params->radius) {
        return INT8_MIN;
    }
    if (value >= params->radius) {
        return INT8_MAX;
    }
    const int32_t x_q27 = picket_requantize(value, params->multiplier_q31, params->shift);
    int32_t result_q31 = 1 << 30; /* of 0 */
    if (x_q27 != 0) {
        result_q31 = picket_one_over_one_plus(picket_exp_of_negative(x_q27 > 0 ? -x_q27 : x_q27, 4));
        if (x_q27 < 0) {
            result_q31 = INT32_MAX - result_q31;
        }
    }
    return (int8_t)picket_clamp(picket_divide_by_pot(result_q31, 23) + INT8_MIN, INT8_MIN, INT8_MAX);
}

/* LOGISTIC, int8 to int8 with zero point -128 (and, by that, scale 1/256). memory: input, output. Works in place. */
void picket_logistic_i8(const void *params, void *const *memory) {
    const picket_logistic_params_t *own = (const picket_logistic_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    if (own->elements < 256) {
        for (uint32_t i = 0; i < own->elements; i++) {
            output[i] = logistic(own, input[i]);
        }
        return;
    }
    int8_t table[256]; /* cheaper than so many elements */
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        table[value - INT8_MIN] = logistic(own, value);
    }
    for (uint32_t i = 0; i < own->elements; i++) {
        output[i] = table[input[i] - INT8_MIN];
    }
}
