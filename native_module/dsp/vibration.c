#include "vibration.h"

#include <string.h>

#include "bands.h"
#include "envelope.h"
#include "fmath.h"
#include "hann.h"
#include "little_endian.h"
#include "rfft.h"
#include "window_stats.h"

/* Offsets in the parameters; see vibration.h. */
enum {
    AT_WINDOW = 4,
    AT_HOP = 6,
    AT_RATE = 8,
    AT_SCALE = 12,
    AT_BANDS = 16,
    AT_ENVELOPE_BANDS = 18,
    AT_CARRIER_FIRST = 20,
    AT_CARRIER_BINS = 22,
    AT_EDGES = 24
};

/* Beyond these no accelerometer is; within them no later arithmetic overflows. */
#define LEAST_G_PER_COUNT 1e-9f
#define MOST_G_PER_COUNT 1e3f

#define LEAST_RATIO 1e-6f /* of energies: 60 dB down is silence */
#define LEAST_G 1e-4f     /* below the noise of any accelerometer */

/* What Gaussian noise gives, so that its features are near 0. The carrier's holds for the Hann window. */
#define LOG_NOISE_CREST 0.6f
#define LOG_NOISE_KURTOSIS 0.48f
#define LOG_NOISE_IMPULSE 0.59f

static int is_power_of_two(uint32_t n) {
    return n != 0 && (n & (n - 1u)) == 0;
}

/* Reads count + 1 edges; 0 if they do not ascend strictly within 1..limit. */
static int read_edges(const uint8_t *at, uint32_t count, uint32_t limit, uint16_t *edge) {
    uint32_t before = 0;
    for (uint32_t i = 0; i <= count; i++) {
        edge[i] = picket_le_u16(at + 2u * i);
        if (edge[i] <= before || edge[i] > limit) {
            return 0;
        }
        before = edge[i];
    }
    return 1;
}

static picket_dsp_status_t parse(picket_vibration_t *v, const uint8_t *params, size_t params_bytes) {
    if (params_bytes < AT_EDGES) {
        return PICKET_DSP_BAD_LENGTH;
    }
    if (params[0] != 'P' || params[1] != 'V' || params[2] != 'F' || params[3] != '1') {
        return PICKET_DSP_BAD_MAGIC;
    }
    v->window = picket_le_u16(params + AT_WINDOW);
    v->hop_ms = picket_le_u16(params + AT_HOP);
    v->rate_mhz = picket_le_u32(params + AT_RATE);
    v->g_per_count = picket_le_f32(params + AT_SCALE);
    v->bands = picket_le_u16(params + AT_BANDS);
    v->envelope_bands = picket_le_u16(params + AT_ENVELOPE_BANDS);
    v->carrier_first = picket_le_u16(params + AT_CARRIER_FIRST);
    v->carrier_bins = picket_le_u16(params + AT_CARRIER_BINS);
    uint32_t half = v->window / 2u;

    if (!is_power_of_two(v->window) || v->window < PICKET_VIBRATION_MIN_WINDOW
        || v->window > PICKET_VIBRATION_MAX_WINDOW) {
        return PICKET_DSP_BAD_WINDOW;
    }
    if (v->rate_mhz == 0 || v->hop_ms == 0) {
        return PICKET_DSP_BAD_RATE;
    }
    if (!(v->g_per_count >= LEAST_G_PER_COUNT && v->g_per_count <= MOST_G_PER_COUNT)) {
        return PICKET_DSP_BAD_SCALE;
    }
    if (v->bands < 1 || v->bands > PICKET_VIBRATION_MAX_BANDS || v->envelope_bands < 1
        || v->envelope_bands > PICKET_VIBRATION_MAX_BANDS) {
        return PICKET_DSP_BAD_BANDS;
    }
    size_t envelope_at = AT_EDGES + 2u * (v->bands + 1u);
    if (params_bytes != envelope_at + 2u * (v->envelope_bands + 1u)) {
        return PICKET_DSP_BAD_LENGTH;
    }
    if (!read_edges(params + AT_EDGES, v->bands, half, v->band_edge)
        || !read_edges(params + envelope_at, v->envelope_bands, half / 2u, v->envelope_edge)) {
        return PICKET_DSP_BAD_EDGES;
    }
    uint32_t last_line = v->envelope_edge[v->envelope_bands];
    if (v->carrier_first < 1 || v->carrier_bins < 2 || (uint32_t)v->carrier_first + v->carrier_bins > half
        || v->carrier_bins + last_line > half) {
        return PICKET_DSP_BAD_CARRIER;
    }
    uint32_t wanted = v->carrier_bins > last_line ? v->carrier_bins + last_line : 2u * last_line;
    uint32_t points = 4; /* the smallest real transform */
    while (points < wanted) {
        points *= 2u;
    }
    v->envelope_points = (uint16_t)points;
    v->features = (uint16_t)(v->bands + v->envelope_bands + PICKET_VIBRATION_STATS);
    return PICKET_DSP_OK;
}

static size_t floats_for(const picket_vibration_t *v) {
    return v->window + v->window / 4u + 1u;
}

picket_dsp_status_t picket_vibration_measure(const uint8_t *params, size_t params_bytes, size_t *memory_floats) {
    picket_vibration_t v;
    picket_dsp_status_t status = parse(&v, params, params_bytes);
    *memory_floats = status == PICKET_DSP_OK ? floats_for(&v) : 0;
    return status;
}

picket_dsp_status_t picket_vibration_init(
    picket_vibration_t *v, const uint8_t *params, size_t params_bytes, float *memory, size_t memory_floats) {
    picket_dsp_status_t status = parse(v, params, params_bytes);
    if (status != PICKET_DSP_OK) {
        return status;
    }
    if (memory_floats < floats_for(v)) {
        return PICKET_DSP_SMALL_MEMORY;
    }
    v->work = memory;
    v->cosines = memory + v->window;
    picket_cosines_init(v->cosines, v->window);
    return PICKET_DSP_OK;
}

static float clamp(float x, float least, float most) {
    return x < least ? least : x > most ? most : x;
}

static float log10_at_least(float x, float least) {
    return picket_log10f(x > least ? x : least);
}

/* Energies to features: relative to a whole, 60 dB to the range -2..1. */
static void log_ratios(float *energy, uint32_t count, float whole) {
    for (uint32_t i = 0; i < count; i++) {
        float ratio = whole > 0.0f ? energy[i] / whole : 0.0f;
        energy[i] = 0.5f * (log10_at_least(ratio, LEAST_RATIO) + 2.0f);
    }
}

static void spectrum_features(picket_vibration_t *v, float *features) {
    picket_bands_energy(v->work, v->band_edge, v->bands, features);
    float whole = 0.0f;
    for (uint32_t i = 0; i < v->bands; i++) {
        whole += features[i];
    }
    log_ratios(features, v->bands, whole);
}

/* Turns the spectrum in v->work into the envelope's spectrum. Returns the carrier's kurtosis, 0 without a carrier. */
static float envelope_features(picket_vibration_t *v, float *features) {
    uint32_t points = v->envelope_points;
    picket_envelope(v->work, v->carrier_first, v->carrier_bins, points, v->cosines, v->window);
    float sum = 0.0f;
    float sum_of_squares = 0.0f;
    for (uint32_t i = 0; i < points; i++) {
        sum += v->work[i];
        sum_of_squares += v->work[i] * v->work[i];
    }
    float whole = sum * sum;
    picket_rfft(v->work, points, v->cosines, v->window);
    picket_bands_peak(v->work, v->envelope_edge, v->envelope_bands, features);
    log_ratios(features, v->envelope_bands, whole);
    return whole > 0.0f ? (float)points * sum_of_squares / whole : 0.0f;
}

void picket_vibration_compute(picket_vibration_t *v, const int16_t *x, float *features) {
    float stats[PICKET_STATS_COUNT];
    picket_window_stats(x, v->window, 1.0f, stats);
    float mean = stats[PICKET_STATS_MEAN];
    float peak = stats[PICKET_STATS_PEAK];

    /* In units of the peak: ratios do not depend on it, and no power of it can overflow. */
    float gain = peak > 0.0f ? 1.0f / peak : 0.0f;
    /* Backwards, so that samples at the beginning of work are overwritten after they were read; memcpy, because the
     * compiler may take it for granted that an int16 and a float never share memory. */
    for (uint32_t i = v->window; i-- > 0;) {
        int16_t sample;
        memcpy(&sample, x + i, sizeof(sample));
        v->work[i] = ((float)sample - mean) * gain;
    }
    picket_hann(v->work, v->cosines, v->window);
    picket_rfft(v->work, v->window, v->cosines, v->window);
    spectrum_features(v, features);
    float impulse = envelope_features(v, features + v->bands);

    float *statistic = features + v->bands + v->envelope_bands;
    statistic[0] = 0.5f * (log10_at_least(stats[PICKET_STATS_RMS] * v->g_per_count, LEAST_G) + 1.0f);
    statistic[1] = 0.5f * (log10_at_least(peak * v->g_per_count, LEAST_G) + 0.5f);
    statistic[2] = 2.0f * (log10_at_least(stats[PICKET_STATS_CREST], 1.0f) - LOG_NOISE_CREST);
    statistic[3] = clamp(2.0f * (log10_at_least(stats[PICKET_STATS_KURTOSIS], 1.0f) - LOG_NOISE_KURTOSIS), -2.0f, 2.0f);
    statistic[4] = clamp(stats[PICKET_STATS_SKEWNESS], -2.0f, 2.0f);
    statistic[5] = clamp(2.0f * (log10_at_least(impulse, 1.0f) - LOG_NOISE_IMPULSE), -2.0f, 2.0f);
}
