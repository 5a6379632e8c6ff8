#include "../fixed_point.h"
#include "../kernels.h"

/* The sum of one output: the taps of the filter under which an input lies, which are stride apart. */
static uint32_t sum_of(
    const picket_conv_params_t *conv, const int8_t *image, const int8_t *filter, int32_t out_y, int32_t out_x) {
    const int32_t channels = conv->input_channels;
    const int32_t y = out_y + conv->pad_top;
    const int32_t x = out_x + conv->pad_left;
    uint32_t sum = 0; /* wraps, as TFLite's does */
    for (int32_t tap_y = y % conv->stride_height; tap_y < conv->filter_height && tap_y <= y;
         tap_y += conv->stride_height) {
        const int32_t in_y = (y - tap_y) / conv->stride_height;
        for (int32_t tap_x = x % conv->stride_width; tap_x < conv->filter_width && tap_x <= x;
             tap_x += conv->stride_width) {
            const int32_t in_x = (x - tap_x) / conv->stride_width;
            if (in_y >= conv->input_height || in_x >= conv->input_width) {
                continue;
            }
            const int8_t *pixel = image + (in_y * conv->input_width + in_x) * channels;
            const int8_t *weights = filter + (tap_y * conv->filter_width + tap_x) * channels;
            for (int32_t i = 0; i < channels; i++) {
                sum += (uint32_t)(weights[i] * (pixel[i] - conv->input_zero_point));
            }
        }
    }
    return sum;
}

/*
 * TRANSPOSE_CONV, int8. It gathers what each output is made of, so it needs no memory for sums as TFLite's does.
 *
 * memory: input [N][H][W][C], filter [O][FH][FW][C], output [N][OH][OW][O], channels' tables.
 */
void picket_transpose_conv_i8(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    const picket_channels_t channels = picket_channels(memory[3], conv->output_channels);
    const int32_t image_elements = conv->input_height * conv->input_width * conv->input_channels;
    const int32_t filter_elements = conv->filter_height * conv->filter_width * conv->input_channels;
    for (int32_t batch = 0; batch < conv->batches; batch++, image += image_elements) {
        for (int32_t y = 0; y < conv->output_height; y++) {
            for (int32_t x = 0; x < conv->output_width; x++) {
                const int8_t *filter = (const int8_t *)memory[1];
                for (int32_t channel = 0; channel < conv->output_channels; channel++, filter += filter_elements) {
                    const uint32_t sum = (uint32_t)channels.bias[channel] + sum_of(conv, image, filter, y, x);
                    *output++ = (int8_t)picket_output_value(
                        (int32_t)sum, channels.multiplier_q31[channel], channels.shift[channel],
                        conv->output_zero_point, conv->output_min, conv->output_max);
                }
            }
        }
    }
}
