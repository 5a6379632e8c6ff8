#include "plain_convolution.h"

#include "fixed_point.h"

/* Where the filter's elements for one output channel lie, and the inputs that they meet. */
typedef struct {
    int32_t channel_step, tap_step; /* in the filter */
    int32_t depth;                  /* inputs at each tap */
    int32_t outputs_per_group;
} layout_t;

static layout_t layout_of(const picket_conv_params_t *conv, bool depthwise) {
    const int32_t depth = conv->filter_channels;
    if (depthwise) { /* each input channel is a group */
        const layout_t layout = {1, conv->output_channels, 1, conv->filter_channels};
        return layout;
    }
    const layout_t layout = {
        conv->filter_height * conv->filter_width * depth, depth, depth,
        conv->output_channels / (conv->input_channels / depth)};
    return layout;
}

/* The sum of products under one output pixel, from its window's top left corner on. It wraps, as TFLite's does. */
static uint32_t sum_products(
    const picket_conv_params_t *conv, const layout_t *layout, const int8_t *image, int32_t top, int32_t left,
    const int8_t *weights, uint32_t sum) {
    for (int32_t filter_y = 0; filter_y < conv->filter_height; filter_y++) {
        const int32_t y = top + filter_y * conv->dilation_height;
        for (int32_t filter_x = 0; filter_x < conv->filter_width; filter_x++, weights += layout->tap_step) {
            const int32_t x = left + filter_x * conv->dilation_width;
            if (y < 0 || y >= conv->input_height || x < 0 || x >= conv->input_width) {
                continue;
            }
            const int8_t *pixel = image + (y * conv->input_width + x) * conv->input_channels;
            for (int32_t i = 0; i < layout->depth; i++) {
                sum += (uint32_t)(weights[i] * (pixel[i] - conv->input_zero_point));
            }
        }
    }
    return sum;
}

void picket_convolve_plain(const picket_conv_params_t *conv, void *const *memory, bool depthwise) {
    const layout_t layout = layout_of(conv, depthwise);
    const picket_channels_t channels = picket_channels(memory[3], conv->output_channels);
    const int8_t *image = (const int8_t *)memory[0];
    const int8_t *filter = (const int8_t *)memory[1];
    int8_t *output = (int8_t *)memory[2];
    for (int32_t batch = 0; batch < conv->batches; batch++) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            const int32_t top = out_y * conv->stride_height - conv->pad_top;
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++) {
                const int32_t left = out_x * conv->stride_width - conv->pad_left;
                for (int32_t channel = 0; channel < conv->output_channels; channel++) {
                    const int8_t *inputs = image + channel / layout.outputs_per_group * layout.depth;
                    const uint32_t sum = sum_products(
                        conv, &layout, inputs, top, left, filter + channel * layout.channel_step,
                        (uint32_t)channels.bias[channel]);
                    *output++ = (int8_t)picket_output_value(
                        (int32_t)sum, channels.multiplier_q31[channel], channels.shift[channel],
                        conv->output_zero_point, conv->output_min, conv->output_max);
                }
            }
        }
        image += conv->input_height * conv->input_width * conv->input_channels;
    }
}
