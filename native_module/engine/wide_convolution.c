#include "wide_convolution.h"

#include "fixed_point.h"
#include "wide.h"

/* Where the filter's elements for one output channel lie, and the inputs that they meet. */
typedef struct {
    int32_t channel_step, tap_step; /* in the filter */
    uint32_t depth;                 /* inputs at each tap */
    int32_t outputs_per_group;
} layout_t;

static layout_t layout_of(const picket_conv_params_t *conv, bool depthwise) {
    const int32_t depth = conv->filter_channels;
    if (depthwise) { /* each input channel is a group */
        const layout_t layout = {1, conv->output_channels, 1, conv->filter_channels};
        return layout;
    }
    const layout_t layout = {
        conv->filter_height * conv->filter_width * depth, depth, (uint32_t)depth,
        conv->output_channels / (conv->input_channels / depth)};
    return layout;
}

/* The part of a filter's axis that lies inside the image: taps from first to before end. */
typedef struct {
    int32_t first, end;
} taps_t;

static taps_t taps_inside(int32_t start, int32_t taps, int32_t dilation, int32_t size) {
    taps_t inside = {0, taps};
    while (inside.first < taps && start + inside.first * dilation < 0) {
        inside.first++;
    }
    while (inside.end > inside.first && start + (inside.end - 1) * dilation >= size) {
        inside.end--;
    }
    return inside;
}

void picket_convolve_wide(const picket_wide_conv_params_t *params, void *const *memory, bool depthwise) {
    const picket_conv_params_t *conv = &params->conv;
    const layout_t layout = layout_of(conv, depthwise);
    const int32_t *multipliers = (const int32_t *)memory[3];
    const int8_t *shifts = (const int8_t *)(multipliers + conv->output_channels);
    const int16_t *image = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[2];
    const int32_t row_elements = conv->input_width * conv->input_channels;
    for (int32_t batch = 0; batch < conv->batches; batch++, image += conv->input_height * row_elements) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            const int32_t top = out_y * conv->stride_height - conv->pad_top;
            const taps_t ys = taps_inside(top, conv->filter_height, conv->dilation_height, conv->input_height);
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++) {
                const int32_t left = out_x * conv->stride_width - conv->pad_left;
                const taps_t xs = taps_inside(left, conv->filter_width, conv->dilation_width, conv->input_width);
                for (int32_t channel = 0; channel < conv->output_channels; channel++) {
                    const int8_t *weights = (const int8_t *)memory[1] + channel * layout.channel_step;
                    const int16_t *inputs = image + channel / layout.outputs_per_group * (int32_t)layout.depth;
                    int64_t sum = picket_wide_bias(memory[4], (uint32_t)channel, params->sums);
                    for (int32_t tap_y = ys.first; tap_y < ys.end; tap_y++) {
                        const int16_t *row = inputs + (top + tap_y * conv->dilation_height) * row_elements;
                        const int8_t *row_weights = weights + tap_y * conv->filter_width * layout.tap_step;
                        for (int32_t tap_x = xs.first; tap_x < xs.end; tap_x++) {
                            sum += picket_wide_product(
                                row_weights + tap_x * layout.tap_step,
                                row + (left + tap_x * conv->dilation_width) * conv->input_channels, layout.depth);
                        }
                    }
                    *output++ = (int16_t)picket_clamp(
                        picket_wide_scale(sum, multipliers[channel], shifts[channel], params->sums), conv->output_min,
                        conv->output_max);
                }
            }
        }
    }
}
