#include "narrow.h"

void picket_narrow_write(
    const picket_narrow_layer_t *layer, uint32_t first, uint32_t channels, const int32_t *sums, uint32_t pixels,
    int8_t *output) {
    /* Copies, so that the compiler knows that writing an output does not change them. */
    const uint32_t *multipliers_q32 = layer->channels.multiplier_q32 + first;
    const uint8_t *shifts = layer->channels.shift + first;
    const int32_t zero_point = layer->zero_point, min = layer->min, max = layer->max;
    const uint32_t step = layer->channel_count;
    output += first;
    for (; channels > 0; channels--, output++) {
        const uint32_t multiplier_q32 = *multipliers_q32++;
        const uint32_t shift = *shifts++;
        const int32_t offset = picket_narrow_offset(shift, zero_point);
        output[0] = picket_narrow_output(*sums++, multiplier_q32, shift, offset, min, max);
        if (pixels == 3) {
            output[step] = picket_narrow_output(*sums++, multiplier_q32, shift, offset, min, max);
            output[2 * step] = picket_narrow_output(*sums++, multiplier_q32, shift, offset, min, max);
        }
    }
}
