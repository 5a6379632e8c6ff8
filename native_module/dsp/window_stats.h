#ifndef PICKET_WINDOW_STATS_H
#define PICKET_WINDOW_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Indices into the result of picket_window_stats(). */
enum {
    PICKET_STATS_MEAN,     /* units of scale */
    PICKET_STATS_RMS,      /* about the mean (the standard deviation), units of scale */
    PICKET_STATS_PEAK,     /* largest |x - mean|, units of scale */
    PICKET_STATS_CREST,    /* peak / rms */
    PICKET_STATS_KURTOSIS, /* m4 / m2^2, population: 3 for Gaussian noise, 1.5 for a sine */
    PICKET_STATS_SKEWNESS, /* m3 / m2^1.5, population */
    PICKET_STATS_COUNT
};

#define PICKET_STATS_MAX_SAMPLES 16384

/*
 * Statistics of one window.
 *
 *   x      in: samples, counts
 *   count  in: 1..PICKET_STATS_MAX_SAMPLES; 0 gives zeros (the caller checks the upper limit)
 *   scale  in: units per count, > 0
 *   out    out: PICKET_STATS_COUNT floats, in the order of the enum
 *
 * Two passes: the mean, then exact integer sums of the powers about the rounded mean, so that only the last few
 * operations round; the relative error of rms, crest factor and kurtosis is below 2e-6. A constant window has rms,
 * peak, crest factor, kurtosis and skewness 0.
 */
void picket_window_stats(const int16_t *x, size_t count, float scale, float out[PICKET_STATS_COUNT]);

#endif
