#include "hann.h"

void picket_hann(float *x, const float *cosines, uint32_t wave) {
    uint32_t half = wave / 2u;
    /* One cosine gives the window at four places: n and its mirror in the low part, half -+ n in the high part. */
    for (uint32_t n = 0; n < wave / 4u; n++) {
        float swing = 0.5f * cosines[n];
        float low = 0.5f - swing;
        float high = 0.5f + swing;
        x[n] *= low;
        x[half - n] *= high;
        if (n != 0) {
            x[wave - n] *= low;
            x[half + n] *= high;
        }
    }
    x[wave / 4u] *= 0.5f;
    x[half + wave / 4u] *= 0.5f;
}
