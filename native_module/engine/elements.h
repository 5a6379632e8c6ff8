/* Elements of tensors whose type is known only at load: for operators that are not worth a kernel for each type. */
#ifndef PICKET_ELEMENTS_H
#define PICKET_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

/* An int16 (wide) or int8 element. */
static inline int32_t picket_element(const void *data, uint32_t index, bool wide) {
    return wide ? ((const int16_t *)data)[index] : ((const int8_t *)data)[index];
}

static inline void picket_put_element(void *data, uint32_t index, bool wide, int32_t value) {
    if (wide) {
        ((int16_t *)data)[index] = (int16_t)value;
    } else {
        ((int8_t *)data)[index] = (int8_t)value;
    }
}

/* The range of int16 (wide) or int8. */
static inline int32_t picket_lowest_element(bool wide) {
    return wide ? INT16_MIN : INT8_MIN;
}

static inline int32_t picket_highest_element(bool wide) {
    return wide ? INT16_MAX : INT8_MAX;
}

/* a > b of two float32 by their bits: false where one is NaN, and zeros of either sign are equal. */
static inline bool picket_float_above(uint32_t a, uint32_t b) {
    const uint32_t infinity_twice = 0xff000000u;
    if (a << 1 > infinity_twice || b << 1 > infinity_twice || (a | b) << 1 == 0) {
        return false;
    }
    /* Positive floats are ordered as their bits are, negative ones the other way round. */
    const int32_t a_order = (int32_t)(a >> 31 ? a ^ 0x7fffffffu : a);
    const int32_t b_order = (int32_t)(b >> 31 ? b ^ 0x7fffffffu : b);
    return a_order > b_order;
}

#endif
