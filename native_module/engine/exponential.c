#include "exponential.h"

#include "fixed_point.h"

/* picket_high_mul; in a compact build one copy that is called: a 64-bit product takes 30 bytes on RV32. */
#if PICKET_COMPACT && defined(__GNUC__)
__attribute__((noinline))
#endif
static int32_t multiply(int32_t a_q31, int32_t b_q31) {
    return picket_high_mul(a_q31, b_q31);
}

/* exp(x) for -1/4 <= x < 0, q31 to q31: the Taylor polynomial of degree 4 around -1/8. */
static int32_t exp_of_last_quarter(int32_t x_q31) {
    const int32_t exp_of_minus_eighth_q31 = 1895147668;
    const int32_t third_q31 = 715827883;
    const int32_t x = x_q31 + (1 << 28);
    const int32_t x2 = multiply(x, x);
    const int32_t x3 = multiply(x2, x);
    const int32_t x4_over_4 = picket_divide_by_pot(multiply(x2, x2), 2);
    const int32_t rest =
        picket_divide_by_pot(multiply(x4_over_4 + x3, third_q31) + x2, 1); /* x^2/2 + x^3/6 + x^4/24 */
    return exp_of_minus_eighth_q31 + multiply(exp_of_minus_eighth_q31, x + rest);
}

/* exp(-2^(step - 2)) as q31. A switch, because a table of a dynamic module's own would be data. */
static int32_t exp_of_minus_power(int32_t step) {
    switch (step) {
        case 0:
            return 1672461947;
        case 1:
            return 1302514674;
        case 2:
            return 790015084;
        case 3:
            return 290630308;
        case 4:
            return 39332535;
        case 5:
            return 720401;
        default:
            return 242;
    }
}

int32_t picket_exp_of_negative(int32_t x, int32_t integer_bits) {
    if (x == 0) {
        return INT32_MAX;
    }
    const int32_t fraction_bits = 31 - integer_bits;
    const int32_t quarter = 1 << (fraction_bits - 2);
    const int32_t last = (x & (quarter - 1)) - quarter; /* x modulo 1/4, in [-1/4, 0) */
    const int32_t quarters = (last - x) >> (fraction_bits - 2);
    int32_t result = exp_of_last_quarter((int32_t)((uint32_t)last << integer_bits));
    for (int32_t step = 0; step < integer_bits + 2; step++) {
        if (quarters >> step & 1) {
            result = multiply(result, exp_of_minus_power(step));
        }
    }
    return result;
}

/* 1 / d with d = (1 + x) / 2 by Newton and Raphson, for 0 <= x < 1; the result has two bits before the point (q29). */
static int32_t two_over_one_plus_q29(int32_t x_q31) {
    const int32_t d_q31 = (x_q31 >> 1) + (1 << 30);
    int32_t y_q29 = 1515870810 + multiply(d_q31, -1010580540); /* 48/17 - 32/17 d */
    for (int step = 0; step < 3; step++) {
        const int32_t error_q29 = (1 << 29) - multiply(d_q31, y_q29);
        y_q29 += picket_multiply_by_pot(multiply(y_q29, error_q29), 2);
    }
    return y_q29;
}

int32_t picket_one_over_one_plus(int32_t x_q31) {
    return picket_multiply_by_pot(two_over_one_plus_q29(x_q31), 1);
}

int32_t picket_one_minus_over_one_plus(int32_t x_q31) {
    return picket_multiply_by_pot(two_over_one_plus_q29(x_q31) - (1 << 29), 2);
}
