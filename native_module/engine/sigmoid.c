#include "sigmoid.h"

/*
 * f(i) = 2^16 / (1 + exp(-i / 24)), as TFLite has it: f(i) + (f(i + 1/2) - (f(i) + f(i + 1)) / 2) / 2, rounded to
 * nearest; that is the function and half of what interpolation lacks in the middle to the next entry. The last entry is
 * the bound. A table of numbers costs flash; one made at load would cost as much memory for each operator.
 */
static const uint16_t sigmoid_q16[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

/*
 * Between two entries: magnitude has step_bits bits behind the index. The result has as many bits more than an entry.
 */
static uint32_t interpolate(uint32_t magnitude, uint32_t step_bits) {
    const uint32_t index = magnitude >> step_bits;
    const uint32_t low = sigmoid_q16[index];
    return (low << step_bits) + (magnitude & ((1u << step_bits) - 1)) * (sigmoid_q16[index + 1] - low);
}

static int32_t scaled(int32_t x, picket_sigmoid_scale_t scale) {
    const int32_t half = scale.shift > 0 ? 1 << (scale.shift - 1) : 0;
    return (x * scale.multiplier + half) >> scale.shift;
}

int32_t picket_sigmoid_q15(int32_t x, picket_sigmoid_scale_t scale) {
    enum { STEP_BITS = 9 };
    const int32_t value = scaled(x, scale);
    const uint32_t magnitude = (uint32_t)(value < 0 ? -value : value);
    uint32_t result_q25 = 0x7fffu << 10;
    if (magnitude >> STEP_BITS < 255) {
        result_q25 = interpolate(magnitude, STEP_BITS);
    }
    result_q25 = value >= 0 ? result_q25 + (1 << 9) : (1u << 25) - result_q25 + (1 << 9) - 1;
    return (int16_t)(result_q25 >> 10);
}

int32_t picket_tanh_q15(int32_t x, picket_sigmoid_scale_t scale) {
    enum { STEP_BITS = 8 }; /* tanh(x) = 2 sigmoid(2 x) - 1 */
    const int32_t value = scaled(x, scale);
    const uint32_t magnitude = (uint32_t)(value < 0 ? -value : value);
    int32_t result_q24 = 0xffff << 8;
    if (magnitude >> STEP_BITS < 255) {
        result_q24 = (int32_t)interpolate(magnitude, STEP_BITS);
    }
    result_q24 -= 1 << 23;
    return (int16_t)((value >= 0 ? result_q24 + (1 << 7) : -result_q24 + (1 << 7) - 1) >> 8);
}
