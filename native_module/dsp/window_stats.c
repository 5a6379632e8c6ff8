#include "window_stats.h"

#include "fmath.h"

/* By halves: converting a 64-bit number as a whole would call a helper that a dynamic native module lacks. */
static float float_of_u64(uint64_t value) {
    return (float)(uint32_t)(value >> 32) * 4294967296.0f + (float)(uint32_t)value;
}

static float float_of_i64(int64_t value) {
    return value < 0 ? -float_of_u64(0u - (uint64_t)value) : float_of_u64((uint64_t)value);
}

void picket_window_stats(const int16_t *x, size_t count, float scale, float out[PICKET_STATS_COUNT]) {
    for (int i = 0; i < PICKET_STATS_COUNT; i++) {
        out[i] = 0.0f;
    }
    if (count == 0) {
        return;
    }
    int32_t n = (int32_t)count;
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += x[i];
    }
    int32_t centre = (sum >= 0 ? sum + n / 2 : sum - n / 2) / n;

    /*
     * Powers of d = x - centre, |d| <= 65535: d^3 summed over 16384 samples stays below 2^62; d^4 needs up to 78 bits,
     * so the carries out of its 64-bit sum are counted.
     */
    int32_t least = 0;
    int32_t most = 0;
    uint64_t sum2 = 0;
    int64_t sum3 = 0;
    uint64_t sum4 = 0;
    uint32_t sum4_carries = 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t d = x[i] - centre;
        uint32_t magnitude = (uint32_t)(d < 0 ? -d : d);
        uint32_t d2 = magnitude * magnitude;
        uint64_t d3 = (uint64_t)d2 * magnitude;
        uint64_t d4 = (uint64_t)d2 * d2;
        if (d < least) {
            least = d;
        }
        if (d > most) {
            most = d;
        }
        sum2 += d2;
        sum3 += d < 0 ? -(int64_t)d3 : (int64_t)d3;
        sum4 += d4;
        sum4_carries += sum4 < d4;
    }

    /* Central moments: the centre is off the mean by delta, at most half a count. */
    float samples = (float)n;
    float delta = (float)(sum - centre * n) / samples;
    float raw2 = float_of_u64(sum2) / samples;
    float raw3 = float_of_i64(sum3) / samples;
    float raw4 = ((float)sum4_carries * 18446744073709551616.0f + float_of_u64(sum4)) / samples;
    float delta2 = delta * delta;
    float m2 = raw2 - delta2;
    float m3 = raw3 - 3.0f * delta * raw2 + 2.0f * delta2 * delta;
    float m4 = raw4 - 4.0f * delta * raw3 + 6.0f * delta2 * raw2 - 3.0f * delta2 * delta2;

    out[PICKET_STATS_MEAN] = ((float)centre + delta) * scale;
    if (least == most) {
        return;
    }
    float rms = picket_sqrtf(m2);
    float above = (float)most - delta;
    float below = delta - (float)least;
    float peak = above > below ? above : below;
    out[PICKET_STATS_RMS] = rms * scale;
    out[PICKET_STATS_PEAK] = peak * scale;
    out[PICKET_STATS_CREST] = peak / rms;
    out[PICKET_STATS_KURTOSIS] = m4 / (m2 * m2);
    out[PICKET_STATS_SKEWNESS] = m3 / (m2 * rms);
}
