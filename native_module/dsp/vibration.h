#ifndef PICKET_VIBRATION_H
#define PICKET_VIBRATION_H

#include <stddef.h>
#include <stdint.h>

#include "dsp_status.h"

/*
 * Features of one window of acceleration for faults of rolling bearings.
 *
 * A fault strikes once per passage of a rolling element; each blow rings a structural resonance (the carrier). So
 * the features are: where the energy lies (bands of the spectrum), how the energy of the carrier is modulated (bands
 * of its squared envelope spectrum, where the fault's passing frequencies stand as lines), and how strong and
 * impulsive the vibration is (statistics).
 *
 * Feature vector, float32, every value within about -2..2 so that an int8 input loses little:
 *
 *   bands of the spectrum           (log10(energy of the band / energy of all bands) + 2) / 2, at least -2
 *   bands of the envelope           (log10(power of the largest line in the band / power at 0 Hz) + 2) / 2, at least -2
 *   then PICKET_VIBRATION_STATS values:
 *     rms         (log10(rms in g) + 1) / 2                   floor at 1e-4 g
 *     peak        (log10(peak in g) + 0.5) / 2                floor at 1e-4 g
 *     crest       2 * (log10(crest factor) - 0.6)             0 for Gaussian noise, about
 *     kurtosis    2 * (log10(kurtosis) - 0.48)                0 for Gaussian noise, about; at most 2
 *     skewness    clamped to -2..2
 *     impulse     2 * (log10(kurtosis of the carrier) - 0.59) 0 for Gaussian noise, about; clamped to -2..2
 *
 * The carrier's kurtosis is mean(e^2) / mean(e)^2 of its squared envelope e, at the envelope's lower rate.
 * Only rms and peak depend on the gain of the mounting; the mean (gravity) enters nowhere.
 *
 * Parameters ("pipeline.bin"), little-endian, checked whole by picket_vibration_measure():
 *
 *   0   "PVF1"
 *   4   u16 window           samples, a power of two, 256..8192
 *   6   u16 hop_ms           from the start of a window to the start of the next, >= 1
 *   8   u32 rate_mhz         sampling rate, millihertz, > 0
 *   12  f32 g_per_count      1e-9..1e3
 *   16  u16 bands            1..64
 *   18  u16 envelope_bands   1..64
 *   20  u16 carrier_first    first bin of the carrier band, >= 1
 *   22  u16 carrier_bins     bins in the carrier band, >= 2
 *   24  u16 band_edge[bands + 1]               bins, strictly ascending, 1..window/2: band i is [edge i, edge i+1)
 *   ..  u16 envelope_edge[envelope_bands + 1]  likewise, in bins of the envelope's spectrum, which are as wide
 *
 * One bin is rate / window wide. carrier_bins plus the last envelope edge must not exceed window/2: then the envelope,
 * computed at a lower rate, is free of aliasing in its bands.
 */
#define PICKET_VIBRATION_MAX_BANDS 64
#define PICKET_VIBRATION_MIN_WINDOW 256
#define PICKET_VIBRATION_MAX_WINDOW 8192
#define PICKET_VIBRATION_STATS 6

typedef struct {
    float *work;             /* window floats: the one buffer that everything is computed in, in place */
    float *cosines;          /* window/4 + 1 floats: quarter wave, serves the FFTs and the Hann window */
    float g_per_count;
    uint32_t rate_mhz;       /* millihertz */
    uint16_t window;         /* samples */
    uint16_t hop_ms;
    uint16_t features;       /* bands + envelope_bands + PICKET_VIBRATION_STATS */
    uint16_t bands;
    uint16_t envelope_bands;
    uint16_t carrier_first;  /* bins */
    uint16_t carrier_bins;
    uint16_t envelope_points; /* points of the envelope, a power of two */
    uint16_t band_edge[PICKET_VIBRATION_MAX_BANDS + 1];
    uint16_t envelope_edge[PICKET_VIBRATION_MAX_BANDS + 1];
} picket_vibration_t;

/*
 * Checks parameters from an untrusted file.
 *
 *   params, params_bytes  in: the file; need not be aligned
 *   memory_floats         out: floats that picket_vibration_init() wants (5121 for a window of 4096: 20,484 bytes)
 */
picket_dsp_status_t picket_vibration_measure(const uint8_t *params, size_t params_bytes, size_t *memory_floats);

/*
 * Checks the parameters and makes the state. Nothing of params is kept; memory is, as long as the state is used.
 *
 *   memory, memory_floats  in: at least as many floats as measured; v->work == memory afterwards
 */
picket_dsp_status_t picket_vibration_init(
    picket_vibration_t *v, const uint8_t *params, size_t params_bytes, float *memory, size_t memory_floats);

/*
 * One window to one feature vector. Cannot fail, allocates nothing, never divides by zero: every feature is finite.
 * With 4096 samples it takes 17.8 million instructions on RV32IMC, which has no floating-point unit (GCC 12, -O2).
 *
 *   x         in: v->window samples, counts. They may lie at the beginning of v->work itself, which saves the memory of
 *             a buffer of their own: then they are gone afterwards.
 *   features  out: v->features floats
 */
void picket_vibration_compute(picket_vibration_t *v, const int16_t *x, float *features);

#endif
