#include "sigmoid_scale.h"

bool picket_power_of_two(picket_real_t scale, int32_t *exponent) {
    const uint32_t top = (uint32_t)(scale.mantissa >> 21); /* 2^31 is exactly a power of two */
    const uint32_t slightly_above = 2148972686u;           /* 2^31.001 */
    const uint32_t slightly_below = 4291991283u;           /* 2^31.999 */
    *exponent = scale.exponent + 52 + (top > slightly_below);
    return top < slightly_above || top > slightly_below;
}

bool picket_prepare_sigmoid_i8(picket_prepare_t *op, const picket_unary_t *unary, picket_logistic_params_t *params) {
    enum { INTEGER_BITS = 4 /* of the scaled input */, MAX_SHIFT = 30 };
    const picket_real_t scale_q27 = picket_real_scale(unary->input_scale, 31 - INTEGER_BITS);
    params->elements = unary->input.elements;
    params->zero_point = unary->input_zero_point;
    if (!picket_real_to_multiplier(scale_q27, &params->multiplier_q31, &params->shift) || params->shift > MAX_SHIFT) {
        /* A scale of 8 or more: one step away from the zero point is beyond what makes a difference, and TFLite's radius
         * is 0. From 2^35 on, TFLite would shift by more bits than a word has. */
        params->radius = 0;
        return picket_multiplier(op, picket_real_scale(scale_q27, -32), &params->multiplier_q31, &params->shift);
    }
    if (params->shift < 0 || params->multiplier_q31 == 0) {
        return picket_refuse_tensor(op, &unary->input, PICKET_ERROR_INVALID, "the input's scale is too small");
    }
    params->radius = (int32_t)((((1u << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> params->shift);
    return true;
}

bool picket_prepare_sigmoid(picket_prepare_t *op, const picket_unary_t *unary, int32_t highest) {
    int32_t exponent, multiplier;
    int32_t shift = 0;
    if (!picket_expect_symmetric(op, unary)) {
        return false;
    }
    if (!picket_power_of_two(unary->output_scale, &exponent) || exponent != -15) {
        return picket_refuse_tensor(op, &unary->output, PICKET_ERROR_INVALID, "int16 needs an output scale of 2^-15");
    }
    if (picket_power_of_two(unary->input_scale, &exponent) && exponent >= -12 && exponent <= -12 + highest) {
        multiplier = 3 << (exponent + 12);
    } else {
        /* scale * 12288 * 2^shift, as large as 15 bits allow. */
        picket_real_t real = picket_real_mul(unary->input_scale, picket_real_from_u32(3 * 4096));
        const picket_real_t half_of_largest = picket_real_scale(picket_real_from_u32(INT16_MAX), -1);
        while (picket_real_compare(real, half_of_largest) <= 0 && shift <= 30) {
            shift++;
            real = picket_real_scale(real, 1);
        }
        if (!picket_real_truncate(real, &multiplier) || multiplier > INT16_MAX) {
            return picket_refuse_tensor(op, &unary->input, PICKET_ERROR_INVALID, "the input's scale is too large");
        }
    }
    picket_sigmoid_params_t *sigmoid = (picket_sigmoid_params_t *)picket_use_params(op, sizeof *sigmoid);
    sigmoid->elements = unary->input.elements;
    sigmoid->scale.multiplier = multiplier;
    sigmoid->scale.shift = shift;
    return true;
}
