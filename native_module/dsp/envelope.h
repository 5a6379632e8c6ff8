#ifndef PICKET_ENVELOPE_H
#define PICKET_ENVELOPE_H

#include <stdint.h>

/*
 * Squared envelope of one band of a signal, at a lower rate, from the signal's spectrum, in place.
 *
 * The bins of the band alone, without their negative twins, are the analytic signal of the band-passed signal (a
 * Hilbert transform in the frequency domain). Moved down to bin 0 they need fewer points; moving does not change the
 * magnitude. So one short transform band-passes, demodulates and decimates. It runs forward instead of backward,
 * which mirrors the envelope in time; no magnitude of its spectrum depends on that.
 *
 *   work     in: packed spectrum (picket_rfft) of a window; out: points values |analytic signal|^2, mirrored in
 *            time, unscaled
 *   first    in: first bin of the band, >= 1
 *   bins     in: bins in the band, 1..points; first + bins <= size/2
 *   points   in: points of the envelope, a power of two, <= size/2
 *
 * The envelope's own spectrum (picket_rfft of points) has bins as wide as the signal's. A line at bin k of it is
 * free of aliasing as long as bins + k <= points.
 */
void picket_envelope(
    float *work, uint32_t first, uint32_t bins, uint32_t points, const float *cosines, uint32_t wave);

#endif
