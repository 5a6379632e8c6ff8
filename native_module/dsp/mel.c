#include "mel.h"

#include <string.h>

#include "fmath.h"
#include "hann.h"
#include "little_endian.h"
#include "rfft.h"

/* Offsets in the parameters; see mel.h. */
enum {
    AT_WINDOW = 4,
    AT_HOP = 6,
    AT_RATE = 8,
    AT_BANDS = 12,
    AT_STEP = 14,
    AT_FLOOR = 16,
    AT_RISE = 20,
    AT_FALL = 24,
    AT_EDGES = 28
};

#define LEAST_FLOOR 1e-12f /* so that no division and no logarithm meets a subnormal number */
#define FULL_SCALE 32768.0f
#define MOST_VALUE 2.0f
#define MOST_STEP 255u
#define FIRST_BIN 2u /* the Hann window spreads an offset over bins 0 and 1 */

static int is_power_of_two(uint32_t n) {
    return n != 0 && (n & (n - 1u)) == 0;
}

static int is_share(float x) {
    return x > 0.0f && x <= 1.0f;
}

/* Reads bands + 2 edges; 0 if they do not ascend strictly within the spectrum or a band has no bin within. */
static int read_edges(picket_mel_t *m, const uint8_t *at) {
    uint32_t count = m->bands + 2u;
    for (uint32_t i = 0; i < count; i++) {
        m->edge[i] = picket_le_u16(at + 2u * i);
        if (i > 0 && m->edge[i] <= m->edge[i - 1u]) {
            return 0;
        }
        if (i > 1 && (m->edge[i - 2u] / PICKET_MEL_BIN + 1u) * PICKET_MEL_BIN >= m->edge[i]) {
            return 0;
        }
    }
    return m->edge[0] >= FIRST_BIN * PICKET_MEL_BIN && m->edge[count - 1u] <= m->window / 2u * PICKET_MEL_BIN;
}

static picket_dsp_status_t parse(picket_mel_t *m, const uint8_t *params, size_t params_bytes) {
    if (params_bytes < AT_EDGES) {
        return PICKET_DSP_BAD_LENGTH;
    }
    if (params[0] != 'P' || params[1] != 'M' || params[2] != 'L' || params[3] != '1') {
        return PICKET_DSP_BAD_MAGIC;
    }
    m->window = picket_le_u16(params + AT_WINDOW);
    m->hop = picket_le_u16(params + AT_HOP);
    m->rate_mhz = picket_le_u32(params + AT_RATE);
    m->bands = picket_le_u16(params + AT_BANDS);
    m->step = picket_le_u16(params + AT_STEP);
    m->floor = picket_le_f32(params + AT_FLOOR);
    m->rise = picket_le_f32(params + AT_RISE);
    m->fall = picket_le_f32(params + AT_FALL);
    if (!is_power_of_two(m->window) || m->window < PICKET_MEL_MIN_WINDOW || m->window > PICKET_MEL_MAX_WINDOW) {
        return PICKET_DSP_BAD_WINDOW;
    }
    if (m->rate_mhz == 0 || m->hop == 0 || m->hop > m->window) {
        return PICKET_DSP_BAD_RATE;
    }
    if (!(m->floor >= LEAST_FLOOR && m->floor <= 1.0f) || !is_share(m->rise) || !is_share(m->fall)) {
        return PICKET_DSP_BAD_SCALE;
    }
    if (m->bands < 1 || m->bands > PICKET_MEL_MAX_BANDS) {
        return PICKET_DSP_BAD_BANDS;
    }
    if (m->step < 1 || m->step > MOST_STEP) {
        return PICKET_DSP_BAD_FEATURES;
    }
    if (params_bytes != AT_EDGES + 2u * (m->bands + 2u)) {
        return PICKET_DSP_BAD_LENGTH;
    }
    return read_edges(m, params + AT_EDGES) ? PICKET_DSP_OK : PICKET_DSP_BAD_EDGES;
}

static size_t floats_for(const picket_mel_t *m) {
    return m->window + (m->window / 4u + 1u) + m->bands + m->window * sizeof(int16_t) / sizeof(float);
}

picket_dsp_status_t picket_mel_measure(const uint8_t *params, size_t params_bytes, size_t *memory_floats) {
    picket_mel_t m;
    picket_dsp_status_t status = parse(&m, params, params_bytes);
    *memory_floats = status == PICKET_DSP_OK ? floats_for(&m) : 0;
    return status;
}

picket_dsp_status_t picket_mel_init(
    picket_mel_t *m, const uint8_t *params, size_t params_bytes, float *memory, size_t memory_floats) {
    picket_dsp_status_t status = parse(m, params, params_bytes);
    if (status != PICKET_DSP_OK) {
        return status;
    }
    if (memory_floats < floats_for(m)) {
        return PICKET_DSP_SMALL_MEMORY;
    }
    m->work = memory;
    m->cosines = m->work + m->window;
    m->background = m->cosines + m->window / 4u + 1u;
    m->recent = (int16_t *)(void *)(m->background + m->bands);
    picket_cosines_init(m->cosines, m->window);
    picket_mel_reset(m);
    return PICKET_DSP_OK;
}

void picket_mel_reset(picket_mel_t *m) {
    memset(m->recent, 0, m->window * sizeof(int16_t));
    m->waiting = 0;
    m->missing = m->window;
    m->fresh = 1;
}

uint32_t picket_mel_frames(const picket_mel_t *m, uint32_t count) {
    return (m->waiting + count) / m->hop;
}

static void spectrum(picket_mel_t *m) {
    float scale = 4.0f / (FULL_SCALE * (float)m->window);
    for (uint32_t i = 0; i < m->window; i++) {
        m->work[i] = (float)m->recent[i] * scale;
    }
    picket_hann(m->work, m->cosines, m->window);
    picket_rfft(m->work, m->window, m->cosines, m->window);
}

/* Each bin lies between two neighbouring edges: there one band rises and the one below it falls, by shares of 1. */
static void triangles(const picket_mel_t *m, float *energy) {
    for (uint32_t i = 0; i < m->bands; i++) {
        energy[i] = 0.0f;
    }
    uint32_t bin = (m->edge[0] + PICKET_MEL_BIN - 1u) / PICKET_MEL_BIN;
    for (uint32_t i = 0; i <= m->bands; i++) {
        float slope = 1.0f / (float)(m->edge[i + 1u] - m->edge[i]);
        for (; bin * PICKET_MEL_BIN < m->edge[i + 1u]; bin++) {
            const float *z = m->work + 2u * bin;
            float power = z[0] * z[0] + z[1] * z[1];
            float rising = power * ((float)(bin * PICKET_MEL_BIN - m->edge[i]) * slope);
            if (i < m->bands) {
                energy[i] += rising;
            }
            if (i > 0) {
                energy[i - 1u] += power - rising;
            }
        }
    }
}

static float clamp(float x) {
    return x < -MOST_VALUE ? -MOST_VALUE : x > MOST_VALUE ? MOST_VALUE : x;
}

static void compute_frame(picket_mel_t *m, float *out) {
    m->missing = (uint16_t)(m->missing > m->hop ? m->missing - m->hop : 0);
    if (m->missing > 0) {
        memset(out, 0, m->bands * sizeof(float));
        return;
    }
    spectrum(m);
    triangles(m, out);
    for (uint32_t i = 0; i < m->bands; i++) {
        float energy = out[i];
        float background = m->fresh ? energy : m->background[i];
        out[i] = clamp(0.5f * picket_log10f((energy + m->floor) / (background + m->floor)));
        float change = energy - background;
        m->background[i] = background + (change > 0.0f ? m->rise : m->fall) * change;
    }
    m->fresh = 0;
}

void picket_mel_feed(picket_mel_t *m, const int16_t *x, uint32_t count, float *out) {
    uint32_t overlap = m->window - m->hop;
    while (count > 0) {
        uint32_t taken = m->hop - m->waiting;
        taken = taken < count ? taken : count;
        memcpy(m->recent + overlap + m->waiting, x, taken * sizeof(int16_t));
        x += taken;
        count -= taken;
        m->waiting = (uint16_t)(m->waiting + taken);
        if (m->waiting == m->hop) {
            compute_frame(m, out);
            out += m->bands;
            memmove(m->recent, m->recent + m->hop, overlap * sizeof(int16_t));
            m->waiting = 0;
        }
    }
}
