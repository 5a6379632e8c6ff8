/*
 * Division of float32, which the compiler calls by this name: LLVM has no run-time library for Xtensa and does not use
 * the processor's own division steps. IEEE 754: rounds to nearest, ties to even, with subnormal numbers.
 */

#include <stdint.h>
#include <string.h>

#define SIGN 0x80000000u
#define INFINITE 0x7F800000u /* exponent all ones, fraction 0 */
#define NOT_A_NUMBER 0x7FC00000u
#define HIDDEN 0x00800000u /* the bit of the significand that stands for 1.0 */
#define BIAS 127

float __divsf3(float dividend, float divisor);

/* Shift a subnormal number's fraction until its leading bit is the hidden one, and count down the exponent with it. */
static void normalize(uint32_t *significand, int *exponent) {
    while (!(*significand & HIDDEN)) {
        *significand <<= 1;
        (*exponent)--;
    }
}

static uint32_t divide(uint32_t a, uint32_t b) {
    uint32_t sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE || b > INFINITE || (a == INFINITE && b == INFINITE) || (a == 0 && b == 0)) {
        return NOT_A_NUMBER;
    }
    if (a == INFINITE || b == 0) {
        return sign | INFINITE;
    }
    if (a == 0 || b == INFINITE) {
        return sign;
    }
    int exponent_a = (int)(a >> 23), exponent_b = (int)(b >> 23);
    uint32_t x = a & (HIDDEN - 1), y = b & (HIDDEN - 1);
    if (exponent_a) {
        x |= HIDDEN;
    } else {
        exponent_a = 1;
        normalize(&x, &exponent_a);
    }
    if (exponent_b) {
        y |= HIDDEN;
    } else {
        exponent_b = 1;
        normalize(&y, &exponent_b);
    }
    int exponent = exponent_a - exponent_b + BIAS;
    if (x < y) { /* make the quotient lie in 1.0 .. 2.0 */
        x <<= 1;
        exponent--;
    }
    /* 24 bits of quotient and one more for rounding; what is left over of x decides ties. */
    uint32_t quotient = 0;
    for (int bit = 0; bit < 25; bit++) {
        quotient <<= 1;
        if (x >= y) {
            x -= y;
            quotient |= 1;
        }
        x <<= 1;
    }
    if (exponent >= 255) {
        return sign | INFINITE;
    }
    uint32_t left_over = x != 0;
    if (exponent <= 0) { /* subnormal: fewer bits; the exponent's field becomes 0 */
        int lost_bits = 1 - exponent;
        if (lost_bits > 25) {
            return sign;
        }
        left_over |= (quotient & ((1u << lost_bits) - 1)) != 0;
        quotient >>= lost_bits;
        exponent = 0;
    } else {
        exponent--; /* the hidden bit adds one */
    }
    uint32_t result = ((uint32_t)exponent << 23) + (quotient >> 1);
    if ((quotient & 1) && (left_over || (quotient & 2))) {
        result++; /* may carry into the exponent, up to infinity, as it should */
    }
    return sign | result;
}

float __divsf3(float dividend, float divisor) {
    uint32_t a, b, quotient;
    float result;
    memcpy(&a, &dividend, sizeof a);
    memcpy(&b, &divisor, sizeof b);
    quotient = divide(a, b);
    memcpy(&result, &quotient, sizeof result);
    return result;
}
