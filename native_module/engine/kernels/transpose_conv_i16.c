#include "../fixed_point.h"
#include "../wide.h"

/* The sum of one output: the taps of the filter under which an input lies, which are stride apart. */
static int64_t sum_of(
    const picket_conv_params_t *conv, const int16_t *image, const int8_t *filter, int32_t out_y, int32_t out_x) {
    const int32_t channels = conv->input_channels;
    const int32_t y = out_y + conv->pad_top;
    const int32_t x = out_x + conv->pad_left;
    int64_t sum = 0;
    for (int32_t tap_y = y % conv->stride_height; tap_y < conv->filter_height && tap_y <= y;
         tap_y += conv->stride_height) {
        const int32_t in_y = (y - tap_y) / conv->stride_height;
        for (int32_t tap_x = x % conv->stride_width; tap_x < conv->filter_width && tap_x <= x;
             tap_x += conv->stride_width) {
            const int32_t in_x = (x - tap_x) / conv->stride_width;
            if (in_y < conv->input_height && in_x < conv->input_width) {
                sum += picket_wide_product(
                    filter + (tap_y * conv->filter_width + tap_x) * channels,
                    image + (in_y * conv->input_width + in_x) * channels, (uint32_t)channels);
            }
        }
    }
    return sum;
}

/*
 * TRANSPOSE_CONV, int16 with weights of int8; as for int8, without memory for sums.
 *
 * memory: input [N][H][W][C], filter [O][FH][FW][C], output [N][OH][OW][O], tables, bias or NULL.
 */
void picket_transpose_conv_i16(const void *params, void *const *memory) {
    const picket_wide_conv_params_t *own = (const picket_wide_conv_params_t *)params;
    const picket_conv_params_t *conv = &own->conv;
    const int16_t *image = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[2];
    const int32_t *multipliers = (const int32_t *)memory[3];
    const int8_t *shifts = (const int8_t *)(multipliers + conv->output_channels);
    const int32_t image_elements = conv->input_height * conv->input_width * conv->input_channels;
    const int32_t filter_elements = conv->filter_height * conv->filter_width * conv->input_channels;
    for (int32_t batch = 0; batch < conv->batches; batch++, image += image_elements) {
        for (int32_t y = 0; y < conv->output_height; y++) {
            for (int32_t x = 0; x < conv->output_width; x++) {
                const int8_t *filter = (const int8_t *)memory[1];
                for (int32_t channel = 0; channel < conv->output_channels; channel++, filter += filter_elements) {
                    const int64_t sum = picket_wide_bias(memory[4], (uint32_t)channel, own->sums)
                        + sum_of(conv, image, filter, y, x);
                    *output++ = (int16_t)picket_clamp(
                        picket_wide_scale(sum, multipliers[channel], shifts[channel], own->sums), conv->output_min,
                        conv->output_max);
                }
            }
        }
    }
}
