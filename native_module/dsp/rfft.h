#ifndef PICKET_RFFT_H
#define PICKET_RFFT_H

#include <stdint.h>

/*
 * Fast Fourier transforms in place, radix 4 with one radix-2 pass where the size asks for it. Forward and unscaled,
 * as numpy.fft.
 *
 * All twiddle factors (and the Hann window, hann.h) come from one table: a quarter of a cosine wave of `wave`
 * points. One table serves every smaller power of two. Root mean square error relative to the result's below 3e-7 up
 * to 8192 points.
 */

/* Fills wave/4 + 1 floats: cosines[k] = cos(2 pi k / wave). wave: a power of two, >= 8. */
void picket_cosines_init(float *cosines, uint32_t wave);

/*
 * Complex transform.
 *
 *   z        in and out: points pairs (real, imaginary)
 *   points   in: a power of two, 1..wave
 */
void picket_cfft(float *z, uint32_t points, const float *cosines, uint32_t wave);

/*
 * Real transform.
 *
 *   x     in: size samples; out: size floats: X[0], X[size/2] (both real), then the pairs X[1]..X[size/2-1]
 *   size  in: a power of two, 4..wave
 */
void picket_rfft(float *x, uint32_t size, const float *cosines, uint32_t wave);

#endif
