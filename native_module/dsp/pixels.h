#ifndef PICKET_PIXELS_H
#define PICKET_PIXELS_H

#include <stddef.h>
#include <stdint.h>

/* Grey pictures: one byte a pixel, row by row without a gap. Integers only, so the bits are the same everywhere. */

#define PICKET_PIXELS_MAX_SIDE 4096 /* of width and height: no sum or product of a picture's overflows 32 bits */

/* Indices into the result of picket_pixel_stats(). */
enum {
    PICKET_PIXELS_DARKEST,
    PICKET_PIXELS_BRIGHTEST,
    PICKET_PIXELS_MEAN,      /* rounded down */
    PICKET_PIXELS_SIGN_LOW,  /* a signature of 30 bits: equal pictures have equal ones, others hardly ever; */
    PICKET_PIXELS_SIGN_HIGH, /* in two halves of 15 bits */
    PICKET_PIXELS_STATS
};

/*
 * The largest part from the middle of a picture that has the shape of the target, shrunk to it: each target pixel is the
 * rounded mean of the source pixels in its field, fields having whole pixels as borders. A source of the target's size is
 * copied; one that is smaller is repeated pixel by pixel.
 *
 *   from                     in: from_width * from_height pixels
 *   from_width, from_height  1..PICKET_PIXELS_MAX_SIDE
 *   to                       out: width * height pixels; must not overlap from
 *   width, height            1..PICKET_PIXELS_MAX_SIDE
 */
void picket_fit_pixels(
    const uint8_t *from, uint32_t from_width, uint32_t from_height, uint8_t *to, uint32_t width, uint32_t height);

/*
 * Statistics of a picture.
 *
 *   pixels  in: count pixels
 *   count   1..PICKET_PIXELS_MAX_SIDE * PICKET_PIXELS_MAX_SIDE; 0 gives zeros
 *   out     out: PICKET_PIXELS_STATS numbers in the order of the enum
 */
void picket_pixel_stats(const uint8_t *pixels, size_t count, int16_t out[PICKET_PIXELS_STATS]);

/*
 * Pixels as the input of an int8 model whose real values are the pixels, or any linear function of them: pixel - 128.
 * Works in place.
 *
 *   pixels  in: count pixels
 *   out     out: count values
 */
void picket_center_pixels(const uint8_t *pixels, size_t count, int8_t *out);

#endif
