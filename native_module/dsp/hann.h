#ifndef PICKET_HANN_H
#define PICKET_HANN_H

#include <stdint.h>

/* Multiplies by the periodic Hann window, 0.5 - 0.5 cos(2 pi n / wave), in place. x: wave floats; cosines: rfft.h. */
void picket_hann(float *x, const float *cosines, uint32_t wave);

#endif
