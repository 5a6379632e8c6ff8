#include "heart.h"

#include <string.h>

#include "fmath.h"
#include "little_endian.h"

/* Offsets in the parameters; see heart.h. */
enum { AT_HOP = 4, AT_SPAN = 6, AT_RATE = 8, AT_BIQUADS = 12, PARAMS_BYTES = 52 };

#define MOST_HOP 4096u
#define SHORTEST_SPAN_S 10u
#define LONGEST_SPAN_S 120u
#define LOWEST_RATE_MHZ 20000u
#define HIGHEST_RATE_MHZ 1000000u
#define MOST_COEFFICIENT 4.0f

#define SETTLE_MS 2000.0f      /* in which the level is learnt and no beat is believed */
#define REFRACTORY_MS 300.0f
#define LEVEL_MS 3000.0f       /* time constant with which the level falls */
#define RISE 0.25f             /* share of the way that the level goes to a beat that is higher */
#define ABOVE_LEVEL 0.5f
#define FAINTEST 8.0f /* counts: what is lower is noise */
#define SHORTEST_MS 330.0f
#define LONGEST_MS 1500.0f
#define MOST_CHANGE 0.2f
#define RECENT 5u
#define FEWEST_RECENT 3u
#define BIG_STEP_MS 50.0f
#define MOST_FILTERED 1e9f     /* what an unstable filter grows to is cut off here */

static picket_dsp_status_t parse(picket_heart_t *h, const uint8_t *params, size_t params_bytes) {
    if (params_bytes != PARAMS_BYTES) {
        return PICKET_DSP_BAD_LENGTH;
    }
    if (params[0] != 'P' || params[1] != 'H' || params[2] != 'B' || params[3] != '1') {
        return PICKET_DSP_BAD_MAGIC;
    }
    h->hop = picket_le_u16(params + AT_HOP);
    h->span_s = picket_le_u16(params + AT_SPAN);
    h->rate_mhz = picket_le_u32(params + AT_RATE);
    if (h->hop < 1 || h->hop > MOST_HOP || h->rate_mhz < LOWEST_RATE_MHZ || h->rate_mhz > HIGHEST_RATE_MHZ) {
        return PICKET_DSP_BAD_RATE;
    }
    if (h->span_s < SHORTEST_SPAN_S || h->span_s > LONGEST_SPAN_S) {
        return PICKET_DSP_BAD_FEATURES;
    }
    for (uint32_t i = 0; i < 10u; i++) {
        float value = picket_le_f32(params + AT_BIQUADS + 4u * i);
        if (!(value >= -MOST_COEFFICIENT && value <= MOST_COEFFICIENT)) {
            return PICKET_DSP_BAD_SCALE;
        }
        h->coefficient[i / 5u][i % 5u] = value;
    }
    return PICKET_DSP_OK;
}

picket_dsp_status_t picket_heart_init(picket_heart_t *h, const uint8_t *params, size_t params_bytes) {
    picket_dsp_status_t status = parse(h, params, params_bytes);
    if (status == PICKET_DSP_OK) {
        h->ms_per_sample = 1e6f / (float)h->rate_mhz;
        h->decay = 1.0f - h->ms_per_sample / LEVEL_MS;
        picket_heart_reset(h);
    }
    return status;
}

void picket_heart_reset(picket_heart_t *h) {
    memset(h->delay, 0, sizeof(h->delay));
    h->newer = h->older = h->level = 0.0f;
    h->since = -1.0f;
    h->seen = 0;
    h->next = h->count = h->normal = 0;
}

/* Direct form II transposed. */
static float filter(picket_heart_t *h, float x) {
    for (uint32_t i = 0; i < 2u; i++) {
        const float *c = h->coefficient[i];
        float *d = h->delay[i];
        float y = c[0] * x + d[0];
        y = y > MOST_FILTERED ? MOST_FILTERED : y < -MOST_FILTERED ? -MOST_FILTERED : y;
        d[0] = c[1] * x - c[3] * y + d[1];
        d[1] = c[2] * x - c[4] * y;
        x = y;
    }
    return x;
}

static float median_of_recent(const picket_heart_t *h) {
    float sorted[RECENT];
    for (uint32_t i = 0; i < h->normal; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1u] > h->recent[i]; at--) {
            sorted[at] = sorted[at - 1u];
        }
        sorted[at] = h->recent[i];
    }
    return sorted[h->normal / 2u];
}

static int is_normal(const picket_heart_t *h, float ms) {
    if (!(ms >= SHORTEST_MS && ms <= LONGEST_MS)) {
        return 0;
    }
    if (h->normal < FEWEST_RECENT) {
        return 1;
    }
    float median = median_of_recent(h);
    float change = ms > median ? ms - median : median - ms;
    return change <= MOST_CHANGE * median;
}

void picket_heart_interval(picket_heart_t *h, float ms) {
    ms = ms < 0.0f ? 0.0f : ms;
    int normal = is_normal(h, ms);
    h->interval[h->next] = normal ? ms : -ms;
    h->next = (uint16_t)((h->next + 1u) % PICKET_HEART_INTERVALS);
    h->count = (uint16_t)(h->count < PICKET_HEART_INTERVALS ? h->count + 1u : h->count);
    if (h->normal == RECENT || (!normal && h->normal > 0)) {
        /* The oldest goes; with each one that is not normal, too: a heart that has changed its rate is believed then. */
        h->normal--;
        memmove(h->recent, h->recent + 1, h->normal * sizeof(float));
    }
    if (normal) {
        h->recent[h->normal++] = ms;
    }
}

/* There was a local maximum of this height, `at` samples (-1.5..-0.5) after the sample that has just come. */
static void beat(picket_heart_t *h, float peak, float at) {
    if (h->since >= 0.0f) {
        picket_heart_interval(h, (h->since + at) * h->ms_per_sample);
    }
    h->since = -at;
    h->level += RISE * (peak - h->level);
}

void picket_heart_feed(picket_heart_t *h, const int16_t *x, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (h->seen == 0) {
            h->offset = (float)x[i];
        }
        float y = -filter(h, (float)x[i] - h->offset);
        float elapsed_ms = (float)h->seen * h->ms_per_sample;
        h->seen += h->seen < UINT32_MAX;
        h->since += h->since >= 0.0f ? 1.0f : 0.0f;
        h->level *= h->decay;
        if (elapsed_ms < SETTLE_MS) {
            h->level = y > h->level ? y : h->level;
        } else if (
            h->newer > y && h->newer >= h->older && h->newer > ABOVE_LEVEL * h->level
            && h->newer > FAINTEST && (h->since < 0.0f || h->since * h->ms_per_sample >= REFRACTORY_MS)) {
            float bend = h->older - 2.0f * h->newer + y;
            float late = bend < 0.0f ? 0.5f * (h->older - y) / bend : 0.0f;
            beat(h, h->newer, late - 1.0f);
        }
        h->older = h->newer;
        h->newer = y;
    }
}

typedef struct {
    float sum;
    float squares;
    uint32_t count;
} moments_t;

/* Newest first; the mean is taken off beforehand, so that the squares keep their precision. */
static uint32_t walk(const picket_heart_t *h, float mean, moments_t *all, moments_t *steps, uint32_t *big, uint32_t *seen) {
    float elapsed_ms = h->since > 0.0f ? h->since * h->ms_per_sample : 0.0f; /* a heart that is lost is forgotten, too */
    float later = -1.0f;
    *seen = 0;
    *big = 0;
    memset(all, 0, sizeof(*all));
    memset(steps, 0, sizeof(*steps));
    for (uint32_t i = 1; i <= h->count; i++) {
        float ms = h->interval[(h->next + PICKET_HEART_INTERVALS - i) % PICKET_HEART_INTERVALS];
        elapsed_ms += ms < 0.0f ? -ms : ms;
        if (elapsed_ms > 1000.0f * (float)h->span_s) {
            break;
        }
        (*seen)++;
        if (ms > 0.0f) {
            all->sum += ms - mean;
            all->squares += (ms - mean) * (ms - mean);
            all->count++;
            if (later > 0.0f) {
                float step = later - ms;
                steps->squares += step * step;
                steps->count++;
                *big += step > BIG_STEP_MS || step < -BIG_STEP_MS;
            }
        }
        later = ms;
    }
    return all->count;
}

uint32_t picket_heart_features(const picket_heart_t *h, float *out) {
    moments_t all, steps;
    uint32_t big, seen;
    memset(out, 0, PICKET_HEART_FEATURES * sizeof(float));
    if (walk(h, 0.0f, &all, &steps, &big, &seen) < PICKET_HEART_FEWEST || steps.count == 0) {
        return 0;
    }
    float mean = all.sum / (float)all.count;
    walk(h, mean, &all, &steps, &big, &seen);
    float sdnn = picket_sqrtf(all.squares / (float)(all.count - 1u));
    float rmssd = picket_sqrtf(steps.squares / (float)steps.count);
    out[0] = mean / 1000.0f;
    out[1] = picket_log10f(sdnn + 1.0f);
    out[2] = picket_log10f(rmssd + 1.0f);
    out[3] = (float)big / (float)steps.count;
    out[4] = (float)all.count / (float)seen;
    return all.count;
}
