#include "wide.h"

#include "fixed_point.h"

int64_t picket_wide_product(const int8_t *weights, const int16_t *input, uint32_t count) {
    enum { CHUNK = 1 << (30 - PICKET_WIDE_PRODUCT_BITS) }; /* whose sum fits in 32 bits */
    int64_t sum = 0;
    while (count > 0) {
        const uint32_t chunk = count < CHUNK ? count : CHUNK;
        int32_t part = 0;
        for (uint32_t i = 0; i < chunk; i++) {
            part += weights[i] * input[i];
        }
        sum += part;
        weights += chunk;
        input += chunk;
        count -= chunk;
    }
    return sum;
}

int64_t picket_wide_bias(const void *bias, uint32_t channel, picket_wide_sums_t sums) {
    if (!bias) {
        return 0;
    }
    switch (sums.bias_bytes) {
        case 2:
            return ((const int16_t *)bias)[channel];
        case 4:
            return ((const int32_t *)bias)[channel];
        default:
            return ((const int64_t *)bias)[channel];
    }
}

/* (sum * multiplier_q15 + half) >> bits, the lowest 32 bits of it, for 8 <= bits <= 46: a library's 64-bit shift would
 * be a call. */
static int32_t scale_64(int64_t sum, int32_t multiplier_q15, int32_t bits) {
    const uint64_t low = (uint64_t)(uint32_t)sum * (uint32_t)multiplier_q15;
    uint32_t low_word = (uint32_t)low;
    uint32_t high_word = (uint32_t)(sum >> 32) * (uint32_t)multiplier_q15 + (uint32_t)(low >> 32);
    if (bits > 32) {
        high_word += 1u << (bits - 33);
        return (int32_t)high_word >> (bits - 32);
    }
    const uint32_t half = 1u << (bits - 1);
    low_word += half;
    high_word += low_word < half;
    return bits == 32 ? (int32_t)high_word : (int32_t)(low_word >> bits | high_word << (32 - bits));
}

int32_t picket_wide_scale(int64_t sum, int32_t multiplier, int32_t shift, picket_wide_sums_t sums) {
    return sums.of_32_bits ? picket_requantize((int32_t)(uint32_t)sum, multiplier, shift)
                           : scale_64(sum, multiplier, 15 - shift);
}
