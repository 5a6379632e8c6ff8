#ifndef PICKET_MOTION_H
#define PICKET_MOTION_H

#include <stddef.h>
#include <stdint.h>

#include "dsp_status.h"

/*
 * Features of a body's motion, whichever way the sensor sits on it: a window that moves on by `hop` frames of an
 * accelerometer and a gyroscope.
 *
 * The window is cut into bins. Of each bin, one after the other, the newest last:
 *
 *   0  log10(largest |a| + 0.05)          a in g: 0 at rest, 0.8 for 6 g
 *   1  log10(smallest |a| + 0.05)         -1.3 in free fall
 *   2  log10(largest |w| / 100 + 0.05)    w in degrees a second
 *   3  cosine of the angle between the bin's mean a and that of the window's first bins: 1 upright as before, 0 lying
 *
 * The first hop of a stream counts as if the sensor had rested like its first bin before.
 *
 * Parameters ("pipeline.bin"), little-endian, checked whole by picket_motion_measure():
 *
 *   0   "PMO1"
 *   4   u16 bins             2..256
 *   6   u16 bin_frames       frames of a bin, 1..64
 *   8   u16 hop_bins         bins from window to window, 1..bins
 *   10  u16 reference_bins   first bins that the angle is measured against, 1..bins
 *   12  u32 rate_mhz         frames a second, millihertz, > 0
 *   16  f32 counts_per_g     > 0
 *   20  f32 counts_per_dps   > 0
 */
#define PICKET_MOTION_CHANNELS 7 /* ax ay az temperature gx gy gz, as an MPU-6050's FIFO has them */
#define PICKET_MOTION_VALUES 4   /* features of a bin */
#define PICKET_MOTION_MAX_BINS 256
#define PICKET_MOTION_MAX_BIN_FRAMES 64

typedef struct {
    float *means;       /* bins * 3 floats: mean acceleration of each bin, counts */
    float *values;      /* bins * 3 floats: features 0 to 2 of each bin */
    float per_g;        /* g a count */
    float per_dps;      /* degrees a second a count */
    uint32_t rate_mhz;  /* millihertz */
    uint16_t bins;
    uint16_t bin_frames;
    uint16_t hop_bins;
    uint16_t reference_bins;
    uint16_t fresh;     /* 1 until the stream has begun */
} picket_motion_t;

/*
 * Checks parameters from an untrusted file.
 *
 *   params, params_bytes  in: the file; need not be aligned
 *   memory_floats         out: floats that picket_motion_init() wants (384 for 64 bins: 1,536 bytes)
 */
picket_dsp_status_t picket_motion_measure(const uint8_t *params, size_t params_bytes, size_t *memory_floats);

/*
 * Checks the parameters and makes the state. Nothing of params is kept; memory is, as long as the state is used.
 *
 *   memory, memory_floats  in: at least as many floats as measured
 */
picket_dsp_status_t picket_motion_init(
    picket_motion_t *m, const uint8_t *params, size_t params_bytes, float *memory, size_t memory_floats);

/* Forgets all that was felt: what comes next is the beginning of a stream. */
void picket_motion_reset(picket_motion_t *m);

/*
 * Takes the next hop of the stream and gives the features of the window that ends with it. Cannot fail, allocates
 * nothing; every value is finite.
 *
 *   frames  in: hop_bins * bin_frames frames of 7 counts
 *   out     out: bins * 4 floats
 */
void picket_motion_feed(picket_motion_t *m, const int16_t *frames, float *out);

#endif
