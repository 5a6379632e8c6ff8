/* Weights of int4: two to a byte, the first one in the lower bits, over the ends of rows. */
#ifndef PICKET_INT4_H
#define PICKET_INT4_H

#include <stdint.h>

/* The weights of a byte. */
static inline int32_t picket_int4_low(int8_t pair) {
    return (int32_t)((uint32_t)pair << 28) >> 28;
}

static inline int32_t picket_int4_high(int8_t pair) {
    return pair >> 4;
}

/* One weight. */
static inline int32_t picket_int4(const uint8_t *packed, uint32_t index) {
    const int8_t pair = (int8_t)packed[index / 2];
    return index % 2 ? picket_int4_high(pair) : picket_int4_low(pair);
}

/* So many weights from first on, as int8. */
void picket_unpack_int4(int8_t *to, const uint8_t *packed, uint32_t first, uint32_t count);

/* The fast convolution works on so many pixels by so many channels. */
enum { PICKET_PACKED_PIXELS = 6, PICKET_PACKED_CHANNELS = 4 };

/* Its scratch memory in bytes: weights of the channels and, unless the filter is 1 x 1, patches of the input under the
 * pixels. depth is the number of products in a sum. */
static inline uint32_t picket_packed_scratch(uint32_t filter_size, uint32_t depth) {
    return (PICKET_PACKED_CHANNELS + (filter_size == 1 ? 0 : PICKET_PACKED_PIXELS)) * depth;
}

#endif
