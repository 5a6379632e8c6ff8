#include "envelope.h"

#include "rfft.h"

void picket_envelope(
    float *work, uint32_t first, uint32_t bins, uint32_t points, const float *cosines, uint32_t wave) {
    for (uint32_t i = 0; i < 2u * bins; i++) {
        work[i] = work[2u * first + i];
    }
    for (uint32_t i = 2u * bins; i < 2u * points; i++) {
        work[i] = 0.0f;
    }
    picket_cfft(work, points, cosines, wave);
    for (uint32_t i = 0; i < points; i++) {
        float re = work[2u * i];
        float im = work[2u * i + 1u];
        work[i] = re * re + im * im;
    }
}
