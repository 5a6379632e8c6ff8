#include "bands.h"

static float power(const float *spectrum, uint32_t bin) {
    float re = spectrum[2u * bin];
    float im = spectrum[2u * bin + 1u];
    return re * re + im * im;
}

void picket_bands_energy(const float *spectrum, const uint16_t *edge, uint32_t count, float *out) {
    for (uint32_t band = 0; band < count; band++) {
        float sum = 0.0f;
        for (uint32_t bin = edge[band]; bin < edge[band + 1u]; bin++) {
            sum += power(spectrum, bin);
        }
        out[band] = sum;
    }
}

void picket_bands_peak(const float *spectrum, const uint16_t *edge, uint32_t count, float *out) {
    for (uint32_t band = 0; band < count; band++) {
        float most = 0.0f;
        for (uint32_t bin = edge[band]; bin < edge[band + 1u]; bin++) {
            float p = power(spectrum, bin);
            most = p > most ? p : most;
        }
        out[band] = most;
    }
}
