#include "int4.h"

void picket_unpack_int4(int8_t *to, const uint8_t *packed, uint32_t first, uint32_t count) {
    if (count && first % 2) {
        *to++ = (int8_t)picket_int4(packed, first++);
        count--;
    }
    const uint8_t *from = packed + first / 2;
    for (; count >= 4; count -= 4, to += 4, from += 2) {
        const int8_t pair = (int8_t)from[0], next = (int8_t)from[1];
        to[0] = (int8_t)picket_int4_low(pair);
        to[1] = (int8_t)picket_int4_high(pair);
        to[2] = (int8_t)picket_int4_low(next);
        to[3] = (int8_t)picket_int4_high(next);
    }
    for (uint32_t i = 0; i < count; i++) {
        *to++ = (int8_t)picket_int4(from, i);
    }
}
