#ifndef PICKET_MEL_H
#define PICKET_MEL_H

#include <stddef.h>
#include <stdint.h>

#include "dsp_status.h"

/*
 * Log-mel features of a stream of sound: one frame of `bands` values every `hop` samples.
 *
 * A frame sees the newest `window` samples, takes their spectrum under a Hann window, and sums its power under
 * triangles, which are equally wide on the mel scale:
 *
 *   E[i] = sum over bins k of w_i(k) |X(k)|^2      a sine of full scale on a bin gives |X|^2 = 1
 *
 * Band i rises from edge i to edge i+1 and falls to edge i+2. Each band is then compared with its own background M[i],
 * which follows E slowly upwards and quickly downwards, so that neither the distance of the speaker, nor the gain, nor
 * a steady noise matters (the idea of per-channel energy normalisation, Wang et al. 2017, with a gain of 1 and the
 * logarithm for its root):
 *
 *   value[i] = 0.5 log10((E[i] + floor) / (M[i] + floor))     clamped to -2..2: 40 dB on either side
 *   M[i]    += (E[i] > M[i] ? rise : fall) (E[i] - M[i])      after the value
 *
 * The first frames, whose window is not full yet, are 0; M begins with the E of the first full one. What stands below
 * the floor is silence and gives 0. A constant offset of the samples enters nowhere.
 *
 * Parameters ("pipeline.bin"), little-endian, checked whole by picket_mel_measure():
 *
 *   0   "PML1"
 *   4   u16 window           samples, a power of two, 64..1024
 *   6   u16 hop              samples from frame to frame, 1..window
 *   8   u32 rate_mhz         sampling rate, millihertz, > 0
 *   12  u16 bands            1..64
 *   14  u16 step             frames that the model takes at a time, 1..255; kept for the caller
 *   16  f32 floor            power, full scale is 1: 1e-12..1
 *   20  f32 rise             share of the way for each frame, above 0, at most 1
 *   24  f32 fall             likewise
 *   28  u16 edge[bands + 2]  in 1/64 bin, strictly ascending, from bin 2 (which an offset does not reach) to window/2;
 *                            every band must have a bin within
 *
 * One bin is rate / window wide.
 */
#define PICKET_MEL_MAX_BANDS 64
#define PICKET_MEL_MIN_WINDOW 64
#define PICKET_MEL_MAX_WINDOW 1024
#define PICKET_MEL_BIN 64 /* edges count in this part of a bin */

typedef struct {
    float *work;        /* window floats: the spectrum is computed here, in place */
    float *cosines;     /* window/4 + 1 floats: quarter wave for FFT and Hann window */
    float *background;  /* bands floats */
    int16_t *recent;    /* window samples: the overlap with the last frame, then the new ones */
    float floor;
    float rise;
    float fall;
    uint32_t rate_mhz;  /* millihertz */
    uint16_t window;    /* samples */
    uint16_t hop;       /* samples */
    uint16_t bands;
    uint16_t step;      /* frames */
    uint16_t waiting;   /* samples that have come since the last frame, below hop */
    uint16_t missing;   /* samples until the window is full for the first time */
    uint16_t fresh;     /* 1 until the background has begun */
    uint16_t edge[PICKET_MEL_MAX_BANDS + 2];
} picket_mel_t;

/*
 * Checks parameters from an untrusted file.
 *
 *   params, params_bytes  in: the file; need not be aligned
 *   memory_floats         out: floats that picket_mel_init() wants (937 for a window of 512 and 40 bands: 3,748 bytes)
 */
picket_dsp_status_t picket_mel_measure(const uint8_t *params, size_t params_bytes, size_t *memory_floats);

/*
 * Checks the parameters and makes the state. Nothing of params is kept; memory is, as long as the state is used.
 *
 *   memory, memory_floats  in: at least as many floats as measured
 */
picket_dsp_status_t picket_mel_init(
    picket_mel_t *m, const uint8_t *params, size_t params_bytes, float *memory, size_t memory_floats);

/* Forgets all that was heard: what comes next is the beginning of a stream. */
void picket_mel_reset(picket_mel_t *m);

/* How many frames the next `count` samples will complete. */
uint32_t picket_mel_frames(const picket_mel_t *m, uint32_t count);

/*
 * Takes the next samples of the stream; the same stream gives the same frames, however it is cut into pieces. Cannot
 * fail, allocates nothing, never divides by zero: every value is finite.
 *
 *   x      in: count samples
 *   out    out: picket_mel_frames(m, count) frames of m->bands floats, one after the other
 */
void picket_mel_feed(picket_mel_t *m, const int16_t *x, uint32_t count, float *out);

#endif
