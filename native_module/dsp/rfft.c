#include "rfft.h"

#include "fmath.h"

void picket_cosines_init(float *cosines, uint32_t wave) {
    uint32_t quarter = wave / 4u;
    float step = 2.0f * PICKET_PI / (float)wave;
    /* Both halves from angles up to pi/4, where the approximation is best and sine and cosine come at once. */
    for (uint32_t k = 0; k <= quarter / 2u; k++) {
        float sine;
        float cosine;
        picket_sincosf((float)k * step, &sine, &cosine);
        cosines[k] = cosine;
        cosines[quarter - k] = sine;
    }
}

typedef struct {
    float re, im;
} complex_t;

/* exp(-2 pi i k / wave) for k within the first three quadrants. */
static complex_t twiddle(const float *cosines, uint32_t wave, uint32_t k) {
    uint32_t quarter = wave / 4u;
    complex_t w;
    if (k < quarter) {
        w.re = cosines[k];
        w.im = -cosines[quarter - k];
    } else if (k < 2u * quarter) {
        k -= quarter;
        w.re = -cosines[quarter - k];
        w.im = -cosines[k];
    } else {
        k -= 2u * quarter;
        w.re = -cosines[k];
        w.im = cosines[quarter - k];
    }
    return w;
}

static complex_t times(const float *z, complex_t w) {
    complex_t product;
    product.re = z[0] * w.re - z[1] * w.im;
    product.im = z[0] * w.im + z[1] * w.re;
    return product;
}

static void swap_bit_reversed(float *z, uint32_t points) {
    uint32_t reversed = 0;
    for (uint32_t i = 1; i < points; i++) {
        uint32_t bit = points / 2u;
        while (reversed & bit) {
            reversed ^= bit;
            bit /= 2u;
        }
        reversed |= bit;
        if (i < reversed) {
            for (uint32_t part = 0; part < 2u; part++) {
                float kept = z[2u * i + part];
                z[2u * i + part] = z[2u * reversed + part];
                z[2u * reversed + part] = kept;
            }
        }
    }
}

static void radix2_first_pass(float *z, uint32_t points) {
    for (float *pair = z; pair < z + 2u * points; pair += 4) {
        float re = pair[2];
        float im = pair[3];
        pair[2] = pair[0] - re;
        pair[3] = pair[1] - im;
        pair[0] += re;
        pair[1] += im;
    }
}

/*
 * Joins four transforms of a quarter each. a holds the samples 0 mod 4 and receives the first quarter; the
 * bit-reversed order puts the samples 2 mod 4 before those 1 mod 4, so c is the second block and b the third.
 */
static void join4(float *block, uint32_t quarter, complex_t b, complex_t c, complex_t d) {
    float *out0 = block;
    float *out1 = out0 + 2u * quarter;
    float *out2 = out1 + 2u * quarter;
    float *out3 = out2 + 2u * quarter;
    float ac_sum_re = out0[0] + c.re;
    float ac_sum_im = out0[1] + c.im;
    float ac_diff_re = out0[0] - c.re;
    float ac_diff_im = out0[1] - c.im;
    float bd_sum_re = b.re + d.re;
    float bd_sum_im = b.im + d.im;
    float bd_diff_re = b.re - d.re;
    float bd_diff_im = b.im - d.im;
    out0[0] = ac_sum_re + bd_sum_re;
    out0[1] = ac_sum_im + bd_sum_im;
    out1[0] = ac_diff_re + bd_diff_im; /* -i times (b - d) */
    out1[1] = ac_diff_im - bd_diff_re;
    out2[0] = ac_sum_re - bd_sum_re;
    out2[1] = ac_sum_im - bd_sum_im;
    out3[0] = ac_diff_re - bd_diff_im;
    out3[1] = ac_diff_im + bd_diff_re;
}

static void radix4_pass(float *z, uint32_t points, uint32_t quarter, const float *cosines, uint32_t wave) {
    uint32_t stride = wave / (4u * quarter);
    float *end = z + 2u * points;
    for (float *block = z; block < end; block += 8u * quarter) {
        complex_t c = {block[2u * quarter], block[2u * quarter + 1u]};
        complex_t b = {block[4u * quarter], block[4u * quarter + 1u]};
        complex_t d = {block[6u * quarter], block[6u * quarter + 1u]};
        join4(block, quarter, b, c, d);
    }
    for (uint32_t j = 1; j < quarter; j++) {
        complex_t w1 = twiddle(cosines, wave, j * stride);
        complex_t w2 = twiddle(cosines, wave, 2u * j * stride);
        complex_t w3 = twiddle(cosines, wave, 3u * j * stride);
        for (float *block = z + 2u * j; block < end; block += 8u * quarter) {
            complex_t c = times(block + 2u * quarter, w2);
            complex_t b = times(block + 4u * quarter, w1);
            complex_t d = times(block + 6u * quarter, w3);
            join4(block, quarter, b, c, d);
        }
    }
}

void picket_cfft(float *z, uint32_t points, const float *cosines, uint32_t wave) {
    swap_bit_reversed(z, points);
    uint32_t done = 1;
    for (uint32_t rest = points; rest > 1u; rest /= 4u) {
        if (rest == 2u) { /* an odd power of two */
            radix2_first_pass(z, points);
            done = 2;
        }
    }
    for (; done < points; done *= 4u) {
        radix4_pass(z, points, done, cosines, wave);
    }
}

void picket_rfft(float *x, uint32_t size, const float *cosines, uint32_t wave) {
    /* Even samples as real parts, odd ones as imaginary parts of a transform of half the size, then taken apart. */
    uint32_t half = size / 2u;
    uint32_t stride = wave / size;
    picket_cfft(x, half, cosines, wave);
    float re0 = x[0];
    x[0] = re0 + x[1];
    x[1] = re0 - x[1];
    for (uint32_t k = 1; k < half / 2u; k++) {
        float *low = x + 2u * k;
        float *high = x + 2u * (half - k);
        complex_t w = twiddle(cosines, wave, k * stride);
        float even_re = 0.5f * (low[0] + high[0]);
        float even_im = 0.5f * (low[1] - high[1]);
        float odd[2] = {0.5f * (low[1] + high[1]), 0.5f * (high[0] - low[0])};
        complex_t turned = times(odd, w);
        low[0] = even_re + turned.re;
        low[1] = even_im + turned.im;
        high[0] = even_re - turned.re;
        high[1] = turned.im - even_im;
    }
    x[half + 1u] = -x[half + 1u];
}
