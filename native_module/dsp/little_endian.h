#ifndef PICKET_LITTLE_ENDIAN_H
#define PICKET_LITTLE_ENDIAN_H

#include <stdint.h>

/* Little-endian numbers from a file; at need not be aligned. */
uint16_t picket_le_u16(const uint8_t *at);
uint32_t picket_le_u32(const uint8_t *at);
float picket_le_f32(const uint8_t *at);

/* 1 for a number, 0 for an infinity or NaN. */
int picket_is_finite(float x);

#endif
