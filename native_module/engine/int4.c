#include "int4.h"

void picket_unpack_int4(int8_t *to, const uint8_t *packed, uint32_t first, uint32_t count) {
    if (count && first % 2) {
        *to++ = (int8_t)picket_int4(packed, first++);
        count--;
    }
    const uint8_t *from = packed + first / 2;
    for (; count >= 2; count -= 2, to += 2, from++) {
        to[0] = (int8_t)((*from & 15) ^ 8) - 8;
        to[1] = (int8_t)((*from >> 4) ^ 8) - 8;
    }
    if (count) {
        *to = (int8_t)picket_int4(from, 0);
    }
}
