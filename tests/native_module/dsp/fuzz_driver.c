/*
 * Runs the signal processing on the bytes of standard input, under sanitizers. The input is a sequence of records:
 * u8 kind, u32 length (little-endian), then that many bytes. Memory has the exact size: one byte too far is seen.
 *
 *   kind 0  parameters of vibration features; when they are accepted, windows made from them are computed
 *   kind 1  an anomaly table; when it is accepted, scores are computed
 *   kind 2  pairs of readings (6 int16) for the attitude filters
 *   kind 3  samples (int16) for the window statistics
 *   kind 4  parameters of log-mel features; when they are accepted, sound made from them is fed in pieces
 *   kind 5  parameters of motion features; when they are accepted, extreme and mixed frames are fed
 *   kind 6  parameters of heartbeat features; when they are accepted, extreme and mixed light is fed
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "centroids.h"
#include "fusion.h"
#include "heart.h"
#include "mel.h"
#include "motion.h"
#include "vibration.h"
#include "window_stats.h"

static unsigned long accepted[7];

static void *copy_of(const void *bytes, size_t length) {
    void *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    return copy;
}

static void require(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        exit(3);
    }
}

static void try_vibration(const uint8_t *params, size_t length) {
    size_t floats;
    if (picket_vibration_measure(params, length, &floats) != PICKET_DSP_OK) {
        require(floats == 0, "refused parameters want memory");
        return;
    }
    accepted[0]++;
    picket_vibration_t v;
    float *memory = malloc(floats * sizeof(float));
    require(picket_vibration_init(&v, params, length, memory, floats - 1) == PICKET_DSP_SMALL_MEMORY, "memory");
    require(picket_vibration_init(&v, params, length, memory, floats) == PICKET_DSP_OK, "measured, but not taken");
    int16_t *x = malloc(v.window * sizeof(int16_t));
    float *features = malloc(v.features * sizeof(float));
    for (int variant = 0; variant < 3; variant++) {
        for (size_t i = 0; i < v.window; i++) {
            int16_t mixed = (int16_t)(((uint32_t)i * 2654435761u ^ params[i % length] * 40503u) >> 16);
            int16_t extreme = variant == 1 || (i & 1) ? INT16_MAX : INT16_MIN;
            x[i] = variant == 0 ? mixed : extreme;
        }
        picket_vibration_compute(&v, x, features);
        for (size_t i = 0; i < v.features; i++) {
            require(features[i] > -10.0f && features[i] < 10.0f, "a feature is out of range");
        }
    }
    free(features);
    free(x);
    free(memory);
}

static void try_centroids(const uint8_t *table, size_t length) {
    size_t width = length >= 6 ? (size_t)table[4] | (size_t)table[5] << 8 : 0;
    if (picket_centroids_check(table, length, width) != PICKET_DSP_OK) {
        return;
    }
    accepted[1]++;
    float *features = malloc(width * sizeof(float));
    for (size_t i = 0; i < width; i++) {
        features[i] = (float)(int)(i * 37 % 19) - 9.0f;
    }
    int32_t score = picket_centroids_distance(table, features);
    require(score >= 0 && score <= PICKET_CENTROIDS_MAX, "the score is out of range");
    free(features);
}

static void try_fusion(const int16_t *readings, size_t count) {
    const picket_imu_scale_t scales[3] = {{100.0f, 16384.0f, 131.0f}, {0.1f, 0.1f, 0.1f}, {1e5f, 1e5f, 1e5f}};
    accepted[2]++;
    for (int s = 0; s < 3; s++) {
        picket_complementary_t c;
        picket_kalman_t k;
        picket_madgwick_t m;
        int16_t out[3];
        require(picket_complementary_init(&c, &scales[s], s == 1 ? 1e-3f : 0.5f) == PICKET_DSP_OK, "complementary");
        require(picket_kalman_init(&k, &scales[s], s == 1 ? 1e3f : 1e-3f, s == 1 ? 1e3f : 3e-3f, s == 1 ? 1e-9f : 0.03f)
                    == PICKET_DSP_OK, "kalman");
        require(picket_madgwick_init(&m, &scales[s], 0.05f) == PICKET_DSP_OK, "madgwick");
        for (size_t i = 0; i < count; i++) {
            const int16_t *reading = readings + 6 * i;
            picket_complementary_update(&c, reading, reading + 3, out);
            picket_kalman_update(&k, reading, reading + 3, out);
            picket_madgwick_update(&m, reading, reading + 3, out);
            require(k.roll.angle == k.roll.angle, "the Kalman filter's state is no number");
            require(m.q[0] == m.q[0], "Madgwick's quaternion is no number");
            require(c.gravity[0] == c.gravity[0], "the complementary filter's state is no number");
        }
    }
}

static void try_stats(const int16_t *x, size_t count) {
    float out[PICKET_STATS_COUNT];
    accepted[3]++;
    picket_window_stats(x, count, 1.0f, out);
    for (int i = 0; i < PICKET_STATS_COUNT; i++) {
        require(out[i] > -1e9f && out[i] < 1e9f, "a statistic is out of range");
    }
}

static void try_mel(const uint8_t *params, size_t length) {
    size_t floats;
    if (picket_mel_measure(params, length, &floats) != PICKET_DSP_OK) {
        require(floats == 0, "refused parameters want memory");
        return;
    }
    accepted[4]++;
    picket_mel_t m;
    float *memory = malloc(floats * sizeof(float));
    require(picket_mel_init(&m, params, length, memory, floats - 1) == PICKET_DSP_SMALL_MEMORY, "memory");
    require(picket_mel_init(&m, params, length, memory, floats) == PICKET_DSP_OK, "measured, but not taken");
    uint32_t piece = (uint32_t)params[length - 1] * 3u + 1u;
    for (uint32_t round = 0; round < 6; round++) {
        uint32_t frames = picket_mel_frames(&m, piece);
        int16_t *x = malloc(piece * sizeof(int16_t));
        float *out = malloc(frames * m.bands * sizeof(float) + 1);
        for (uint32_t i = 0; i < piece; i++) {
            int16_t extreme = (i & 1) ? INT16_MAX : INT16_MIN;
            x[i] = round == 2 ? 0 : round & 1 ? extreme : (int16_t)((i * 2654435761u) >> 16);
        }
        picket_mel_feed(&m, x, piece, out);
        for (uint32_t i = 0; i < frames * m.bands; i++) {
            require(out[i] >= -2.0f && out[i] <= 2.0f, "a value is out of range");
        }
        free(out);
        free(x);
    }
    free(memory);
}

static int16_t sample(uint32_t round, uint32_t i) {
    int16_t extreme = (i & 1) ? INT16_MAX : INT16_MIN;
    return round == 2 ? 0 : round & 1 ? extreme : (int16_t)((i * 2654435761u) >> 16);
}

static void try_motion(const uint8_t *params, size_t length) {
    size_t floats;
    if (picket_motion_measure(params, length, &floats) != PICKET_DSP_OK) {
        require(floats == 0, "refused parameters want memory");
        return;
    }
    accepted[5]++;
    picket_motion_t m;
    float *memory = malloc(floats * sizeof(float));
    require(picket_motion_init(&m, params, length, memory, floats - 1) == PICKET_DSP_SMALL_MEMORY, "memory");
    require(picket_motion_init(&m, params, length, memory, floats) == PICKET_DSP_OK, "measured, but not taken");
    uint32_t items = (uint32_t)m.hop_bins * m.bin_frames * PICKET_MOTION_CHANNELS;
    uint32_t values = (uint32_t)m.bins * PICKET_MOTION_VALUES;
    int16_t *frames = malloc(items * sizeof(int16_t));
    float *out = malloc(values * sizeof(float));
    for (uint32_t round = 0; round < 6; round++) {
        for (uint32_t i = 0; i < items; i++) {
            frames[i] = sample(round, i);
        }
        picket_motion_feed(&m, frames, out);
        for (uint32_t i = 0; i < values; i++) {
            require(out[i] > -100.0f && out[i] < 100.0f, "a value is out of range");
        }
    }
    free(out);
    free(frames);
    free(memory);
}

static void try_heart(const uint8_t *params, size_t length) {
    picket_heart_t h;
    if (picket_heart_init(&h, params, length) != PICKET_DSP_OK) {
        return;
    }
    accepted[6]++;
    int16_t *x = malloc(h.hop * sizeof(int16_t));
    float out[PICKET_HEART_FEATURES];
    for (uint32_t round = 0; round < 30; round++) {
        for (uint32_t i = 0; i < h.hop; i++) {
            x[i] = round < 20 && round & 1 ? (int16_t)(round & 2 ? 9000 : -9000) : sample(round & 3, i);
        }
        picket_heart_feed(&h, x, h.hop);
        picket_heart_features(&h, out);
        for (uint32_t i = 0; i < PICKET_HEART_FEATURES; i++) {
            require(out[i] > -100.0f && out[i] < 100.0f, "a value is out of range");
        }
    }
    free(x);
}

int main(void) {
    uint8_t header[5];
    while (fread(header, 1, sizeof header, stdin) == sizeof header) {
        size_t length = header[1] | (size_t)header[2] << 8 | (size_t)header[3] << 16 | (size_t)header[4] << 24;
        uint8_t *read = malloc(length ? length : 1);
        require(fread(read, 1, length, stdin) == length, "the input ends within a record");
        void *bytes = copy_of(read, length);
        switch (header[0]) {
            case 0:
                try_vibration(bytes, length);
                break;
            case 1:
                try_centroids(bytes, length);
                break;
            case 2:
                try_fusion(bytes, length / 12);
                break;
            case 3:
                try_stats(bytes, length / 2);
                break;
            case 4:
                try_mel(bytes, length);
                break;
            case 5:
                try_motion(bytes, length);
                break;
            default:
                try_heart(bytes, length);
                break;
        }
        free(bytes);
        free(read);
    }
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        printf("%lu\n", accepted[i]);
    }
    return 0;
}
