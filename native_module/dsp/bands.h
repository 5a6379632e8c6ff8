#ifndef PICKET_BANDS_H
#define PICKET_BANDS_H

#include <stdint.h>

/*
 * Reduce a packed spectrum (picket_rfft) to bands. Band i holds the bins edge[i] .. edge[i+1] - 1.
 *
 *   spectrum  in: packed spectrum
 *   edge      in: count + 1 bins, strictly ascending, 1..size/2
 *   out       out: count floats, in squared units of the spectrum
 */

/* Sum of |X|^2 over each band. */
void picket_bands_energy(const float *spectrum, const uint16_t *edge, uint32_t count, float *out);

/* Largest |X|^2 in each band: a line stands out of it however wide the band is. */
void picket_bands_peak(const float *spectrum, const uint16_t *edge, uint32_t count, float *out);

#endif
