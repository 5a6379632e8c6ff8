#include "motion.h"

#include <string.h>

#include "fmath.h"
#include "little_endian.h"

/* Offsets in the parameters; see motion.h. */
enum {
    AT_BINS = 4,
    AT_BIN_FRAMES = 6,
    AT_HOP_BINS = 8,
    AT_REFERENCE_BINS = 10,
    AT_RATE = 12,
    AT_PER_G = 16,
    AT_PER_DPS = 20,
    PARAMS_BYTES = 24
};

#define AXES 3u
#define GYRO 4u                /* index of its first axis in a frame */
#define OFFSET 0.05f           /* keeps the logarithm away from nothing */
#define RATE_UNIT 0.01f        /* of 100 degrees a second */
#define LEAST_SCALE 0.001f     /* counts for a unit: no quotient leaves float32 */
#define MOST_SCALE 1e6f

static int in_range(uint32_t value, uint32_t most) {
    return value >= 1 && value <= most;
}

static int is_scale(float x) {
    return x >= LEAST_SCALE && x <= MOST_SCALE;
}

static picket_dsp_status_t parse(picket_motion_t *m, const uint8_t *params, size_t params_bytes) {
    if (params_bytes != PARAMS_BYTES) {
        return PICKET_DSP_BAD_LENGTH;
    }
    if (params[0] != 'P' || params[1] != 'M' || params[2] != 'O' || params[3] != '1') {
        return PICKET_DSP_BAD_MAGIC;
    }
    float counts_per_g = picket_le_f32(params + AT_PER_G), counts_per_dps = picket_le_f32(params + AT_PER_DPS);
    m->bins = picket_le_u16(params + AT_BINS);
    m->bin_frames = picket_le_u16(params + AT_BIN_FRAMES);
    m->hop_bins = picket_le_u16(params + AT_HOP_BINS);
    m->reference_bins = picket_le_u16(params + AT_REFERENCE_BINS);
    m->rate_mhz = picket_le_u32(params + AT_RATE);
    if (m->bins < 2 || m->bins > PICKET_MOTION_MAX_BINS || !in_range(m->bin_frames, PICKET_MOTION_MAX_BIN_FRAMES)) {
        return PICKET_DSP_BAD_WINDOW;
    }
    if (!in_range(m->hop_bins, m->bins) || m->rate_mhz == 0) {
        return PICKET_DSP_BAD_RATE;
    }
    if (!in_range(m->reference_bins, m->bins)) {
        return PICKET_DSP_BAD_FEATURES;
    }
    if (!is_scale(counts_per_g) || !is_scale(counts_per_dps)) {
        return PICKET_DSP_BAD_SCALE;
    }
    m->per_g = 1.0f / counts_per_g;
    m->per_dps = 1.0f / counts_per_dps;
    return PICKET_DSP_OK;
}

static size_t floats_for(const picket_motion_t *m) {
    return 2u * AXES * m->bins;
}

picket_dsp_status_t picket_motion_measure(const uint8_t *params, size_t params_bytes, size_t *memory_floats) {
    picket_motion_t m;
    picket_dsp_status_t status = parse(&m, params, params_bytes);
    *memory_floats = status == PICKET_DSP_OK ? floats_for(&m) : 0;
    return status;
}

picket_dsp_status_t picket_motion_init(
    picket_motion_t *m, const uint8_t *params, size_t params_bytes, float *memory, size_t memory_floats) {
    picket_dsp_status_t status = parse(m, params, params_bytes);
    if (status != PICKET_DSP_OK) {
        return status;
    }
    if (memory_floats < floats_for(m)) {
        return PICKET_DSP_SMALL_MEMORY;
    }
    m->means = memory;
    m->values = memory + AXES * m->bins;
    picket_motion_reset(m);
    return PICKET_DSP_OK;
}

void picket_motion_reset(picket_motion_t *m) {
    m->fresh = 1;
}

/* At most 3 * 32768^2, which 32 bits hold. */
static uint32_t square(const int16_t *v) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < AXES; i++) {
        sum += (uint32_t)((int32_t)v[i] * v[i]);
    }
    return sum;
}

static void summarise(const picket_motion_t *m, const int16_t *frames, float *mean, float *value) {
    int32_t sum[AXES] = {0, 0, 0};
    uint32_t largest = 0, smallest = UINT32_MAX, turning = 0;
    for (uint32_t k = 0; k < m->bin_frames; k++, frames += PICKET_MOTION_CHANNELS) {
        uint32_t accel = square(frames), gyro = square(frames + GYRO);
        largest = accel > largest ? accel : largest;
        smallest = accel < smallest ? accel : smallest;
        turning = gyro > turning ? gyro : turning;
        for (uint32_t i = 0; i < AXES; i++) {
            sum[i] += frames[i];
        }
    }
    for (uint32_t i = 0; i < AXES; i++) {
        mean[i] = (float)sum[i] / (float)m->bin_frames;
    }
    value[0] = picket_log10f(picket_sqrtf((float)largest) * m->per_g + OFFSET);
    value[1] = picket_log10f(picket_sqrtf((float)smallest) * m->per_g + OFFSET);
    value[2] = picket_log10f(picket_sqrtf((float)turning) * m->per_dps * RATE_UNIT + OFFSET);
}

static float dot(const float *a, const float *b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* 1 where one of the two has no direction. */
static float cosine(const float *a, const float *b) {
    float lengths = picket_sqrtf(dot(a, a)) * picket_sqrtf(dot(b, b));
    if (lengths < 1.0f) {
        return 1.0f;
    }
    float quotient = dot(a, b) / lengths;
    return quotient < -1.0f ? -1.0f : quotient > 1.0f ? 1.0f : quotient;
}

void picket_motion_feed(picket_motion_t *m, const int16_t *frames, float *out) {
    uint32_t kept = m->bins - m->hop_bins;
    memmove(m->means, m->means + AXES * m->hop_bins, AXES * kept * sizeof(float));
    memmove(m->values, m->values + AXES * m->hop_bins, AXES * kept * sizeof(float));
    for (uint32_t i = kept; i < m->bins; i++) {
        summarise(m, frames, m->means + AXES * i, m->values + AXES * i);
        frames += (size_t)m->bin_frames * PICKET_MOTION_CHANNELS;
    }
    if (m->fresh) {
        for (uint32_t i = 0; i < kept; i++) {
            memcpy(m->means + AXES * i, m->means + AXES * kept, AXES * sizeof(float));
            memcpy(m->values + AXES * i, m->values + AXES * kept, AXES * sizeof(float));
        }
        m->fresh = 0;
    }
    float reference[AXES] = {0.0f, 0.0f, 0.0f};
    for (uint32_t i = 0; i < m->reference_bins; i++) {
        for (uint32_t axis = 0; axis < AXES; axis++) {
            reference[axis] += m->means[AXES * i + axis];
        }
    }
    for (uint32_t i = 0; i < m->bins; i++, out += PICKET_MOTION_VALUES) {
        memcpy(out, m->values + AXES * i, AXES * sizeof(float));
        out[3] = cosine(m->means + AXES * i, reference);
    }
}
