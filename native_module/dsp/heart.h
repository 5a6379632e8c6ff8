#ifndef PICKET_HEART_H
#define PICKET_HEART_H

#include <stddef.h>
#include <stdint.h>

#include "dsp_status.h"

/*
 * Heartbeats from a photoplethysmogram (light through the skin, of which a pulse of blood takes some away), and how the
 * time between them varies.
 *
 * The samples go through two biquads (a band-pass) and are turned over. A beat is a local maximum above half of a level
 * that follows the height of beats and above 8 counts, at least 0.3 s after the last one; its time is that of the
 * parabola through the three samples around it. The time between two beats, RR, counts as normal within 0.33..1.5 s and within a fifth of
 * the median of the last five normal ones; others (a missed beat, an extra one, movement) count as rejected.
 *
 * Features over the newest `span_s` seconds (Task Force of the ESC and NASPE 1996):
 *
 *   0  mean of RR, s
 *   1  log10(SDNN + 1)        SDNN: standard deviation of normal RR, ms
 *   2  log10(RMSSD + 1)       RMSSD: root mean square of the differences of successive normal RR, ms
 *   3  pNN50                  share of those differences above 50 ms
 *   4  share of the RR that are normal
 *
 * Parameters ("pipeline.bin"), little-endian, checked whole by picket_heart_init():
 *
 *   0   "PHB1"
 *   4   u16 hop              samples that the caller takes at a time, 1..4096; kept for it
 *   6   u16 span_s           10..120
 *   8   u32 rate_mhz         sampling rate, millihertz: 20..1000 Hz
 *   12  f32 biquad[2][5]     b0 b1 b2 a1 a2 each, a0 = 1; magnitudes up to 4; a stable filter is the writer's business,
 *                            an unstable one gives no beats
 */
#define PICKET_HEART_FEATURES 5
#define PICKET_HEART_INTERVALS 256 /* as many as are kept: 120 s at 128 beats a minute */
#define PICKET_HEART_FEWEST 10     /* normal RR that features are made of */

typedef struct {
    float coefficient[2][5];
    float delay[2][2];
    float newer;        /* filtered samples: the last one and the one before it */
    float older;
    float offset;       /* the first sample: the filters need not settle from zero */
    float level;        /* follows the height of beats */
    float decay;        /* of the level, for each sample */
    float since;        /* samples since the last beat; below zero before the first one */
    float ms_per_sample;
    float interval[PICKET_HEART_INTERVALS]; /* ring of RR, ms; negative: rejected */
    float recent[5];    /* the newest normal ones */
    uint32_t seen;      /* samples since the beginning of the stream */
    uint32_t rate_mhz;  /* millihertz */
    uint16_t hop;       /* samples */
    uint16_t span_s;    /* seconds */
    uint16_t next;      /* place of the next interval in the ring */
    uint16_t count;     /* intervals in the ring */
    uint16_t normal;    /* how many of recent are filled, the oldest first */
} picket_heart_t;

/* Checks the parameters and makes the state, of which nothing lies elsewhere. */
picket_dsp_status_t picket_heart_init(picket_heart_t *h, const uint8_t *params, size_t params_bytes);

/* Forgets all beats: what comes next is the beginning of a stream. */
void picket_heart_reset(picket_heart_t *h);

/* Takes the next samples of the stream, counts of light. Cannot fail, allocates nothing. */
void picket_heart_feed(picket_heart_t *h, const int16_t *x, uint32_t count);

/* Takes an RR, ms, from somebody else who finds beats (an electrocardiogram). ms: finite. */
void picket_heart_interval(picket_heart_t *h, float ms);

/*
 * Features of the newest span.
 *
 *   out     out: 5 floats, always finite; zeros when too few RR are normal
 *   return  the number of normal RR that they are made of, 0 when too few
 */
uint32_t picket_heart_features(const picket_heart_t *h, float *out);

#endif
