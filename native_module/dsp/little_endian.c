#include "little_endian.h"

typedef union {
    uint32_t bits;
    float value;
} float_bits_t;

uint16_t picket_le_u16(const uint8_t *at) {
    return (uint16_t)(at[0] | ((uint32_t)at[1] << 8));
}

uint32_t picket_le_u32(const uint8_t *at) {
    return (uint32_t)at[0] | ((uint32_t)at[1] << 8) | ((uint32_t)at[2] << 16) | ((uint32_t)at[3] << 24);
}

float picket_le_f32(const uint8_t *at) {
    float_bits_t number = {.bits = picket_le_u32(at)};
    return number.value;
}

int picket_is_finite(float x) {
    float_bits_t number = {.value = x};
    return (number.bits & 0x7F800000u) != 0x7F800000u;
}
