/*
 * What the fast kernels of convolution share: tables and a cheaper requantisation for layers whose numbers stay small.
 *
 * A layer is narrow where these hold; its prepare function checks it (operators/convolution.h):
 *   - no sum, the bias included, reaches 2^30, whatever the input;
 *   - every channel's shift is to the right, by 1 to 22 bits.
 * Then nothing here can overflow, and the short forms below give the same bits as fixed_point.h. The input's zero point
 * is folded into the bias at load: sum(w * (x - z)) = sum(w * x) - z * sum(w); so padding is an x that equals z.
 */
#ifndef PICKET_NARROW_H
#define PICKET_NARROW_H

#include "kernels.h"

/* A build with this set to 1 uses the plain kernels everywhere: the tests compare the two. The kernels of a compact build
 * (compact.h) take the plain ones' tables. */
#ifndef PICKET_PLAIN_KERNELS
#ifdef PICKET_COMPACT
#define PICKET_PLAIN_KERNELS PICKET_COMPACT
#else
#define PICKET_PLAIN_KERNELS 0
#endif
#endif

/* The largest product of a weight and an input, and a bound for the sum of products and for the bias. */
#define PICKET_NARROW_PRODUCT (128 * 255)
#define PICKET_NARROW_SUM (1 << 29)

static inline bool picket_is_narrow_bias(int32_t bias) {
    return bias > -PICKET_NARROW_SUM && bias < PICKET_NARROW_SUM;
}

/* shift as TFLite has it: negative to the right. */
static inline bool picket_is_narrow_shift(int32_t shift) {
    return shift <= -1 && shift >= -22;
}

/* Tables of a narrow layer: int32_t bias[channels] (folded), uint32_t multiplier_q32[channels], uint8_t shift[channels]
 * (to the right). */
typedef struct {
    const int32_t *bias;
    const uint32_t *multiplier_q32; /* twice multiplier_q31: the high half of a product is then what high_mul needs */
    const uint8_t *shift;
} picket_narrow_channels_t;

static inline picket_narrow_channels_t picket_narrow_channels(const void *table, uint32_t channels) {
    const int32_t *words = (const int32_t *)table;
    picket_narrow_channels_t result = {
        words, (const uint32_t *)(words + channels), (const uint8_t *)(words + 2 * channels)};
    return result;
}

/* What a narrow layer's sums become. */
typedef struct {
    picket_narrow_channels_t channels;
    uint32_t channel_count;
    int32_t zero_point, min, max; /* of the output */
} picket_narrow_layer_t;

/*
 * Requantise the sums of so many channels from first on, each for one pixel or three, and write them. output is the first
 * pixel's channel 0; the other pixels follow.
 */
void picket_narrow_write(
    const picket_narrow_layer_t *layer, uint32_t first, uint32_t channels, const int32_t *sums, uint32_t pixels,
    int8_t *output);

/* What is added before the division by 2^shift: half a step for rounding, and the output's zero point. */
static inline int32_t picket_narrow_offset(uint32_t shift, int32_t zero_point) {
    return (int32_t)((1u << (shift - 1)) + ((uint32_t)zero_point << shift));
}

/* Requantise, add the zero point and clamp; 8 instructions of RV32IM before the clamping. */
static inline int8_t picket_narrow_output(
    int32_t sum, uint32_t multiplier_q32, uint32_t shift, int32_t offset, int32_t min, int32_t max) {
    const int64_t product = (int64_t)sum * multiplier_q32;
    const int32_t high = (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
    int32_t value = (high + offset + (high >> 31)) >> shift; /* ties away from zero: one less below zero */
    value = value < min ? min : value;
    return (int8_t)(value > max ? max : value);
}

#endif
