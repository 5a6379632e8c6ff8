#include "wide.h"

#include "fixed_point.h"
#include "order.h"

int64_t picket_wide_product(const int8_t *weights, const int16_t *input, uint32_t count) {
    int64_t sum = 0;
    while (count > 0) {
        uint32_t left = count < PICKET_WIDE_CHUNK ? count : PICKET_WIDE_CHUNK;
        int32_t part = 0;
        count -= left;
        for (; left >= 4; left -= 4, weights += 4, input += 4) {
            part += weights[0] * input[0];
            part += weights[1] * input[1];
            part += weights[2] * input[2];
            part += weights[3] * input[3];
        }
        for (; left > 0; left--) {
            part += *weights++ * *input++;
        }
        sum += part;
    }
    return sum;
}

void picket_wide_products_4(
    const int8_t *rows, uint32_t row_step, const int16_t *input, uint32_t count, int64_t *sums) {
    const int8_t *row0 = rows, *row1 = row0 + row_step, *row2 = row1 + row_step, *row3 = row2 + row_step;
    while (count > 0) {
        uint32_t left = count < PICKET_WIDE_CHUNK ? count : PICKET_WIDE_CHUNK;
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        count -= left;
#define STEP(k)                     \
    do {                            \
        const int32_t x = input[k]; \
        s0 += row0[k] * x;          \
        s1 += row1[k] * x;          \
        s2 += row2[k] * x;          \
        s3 += row3[k] * x;          \
        PICKET_KEEP_ORDER();        \
    } while (0)
        for (; left >= 4; left -= 4) {
            STEP(0);
            STEP(1);
            STEP(2);
            STEP(3);
            row0 += 4, row1 += 4, row2 += 4, row3 += 4, input += 4;
        }
        for (; left > 0; left--) {
            STEP(0);
            row0++, row1++, row2++, row3++, input++;
        }
#undef STEP
        sums[0] += s0;
        sums[1] += s1;
        sums[2] += s2;
        sums[3] += s3;
    }
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
            return picket_wide_load(bias, channel);
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
