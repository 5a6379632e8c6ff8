#ifndef PICKET_FMATH_H
#define PICKET_FMATH_H

#include <float.h>

/*
 * The few functions of libm that the signal processing needs; a dynamic native module has no libm, and every libm
 * rounds differently. Only + - * / of float32 and integer operations are used, so the same bits come out on every
 * target.
 */
#if FLT_EVAL_METHOD != 0
#error "float arithmetic must be rounded to float32 after every operation (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

#define PICKET_PI 3.14159265f

/* Square root, correctly rounded (within 0.5 ulp). x: >= 0; 0 for negative numbers and for NaN. */
float picket_sqrtf(float x);

/* Decimal logarithm. x: a positive normal number. Absolute error below 2e-7 * (1 + |log10(x)|). */
float picket_log10f(float x);

/* Sine and cosine at once. x: radians, |x| <= 8. Absolute error below 5e-7, and below 1.2e-7 for |x| <= pi/4. */
void picket_sincosf(float x, float *sine, float *cosine);

/* Angle of the vector (x, y) in radians, -pi..pi; 0 for the null vector. Absolute error below 4e-7. x, y: finite. */
float picket_atan2f(float y, float x);

#endif
