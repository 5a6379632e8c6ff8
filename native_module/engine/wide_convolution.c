#include "wide_convolution.h"

#include "fixed_point.h"
#include "wide.h"

enum { BLOCK = 4 }; /* channels that share the loads of their inputs */

/* Where the filter's elements for one output channel lie, and the inputs that they meet. */
typedef struct {
    uint32_t channel_step; /* in the filter */
    int32_t tap_step;
    uint32_t depth; /* inputs at each tap */
    uint32_t outputs_per_group;
} layout_t;

static layout_t layout_of(const picket_conv_params_t *conv, bool depthwise) {
    const uint32_t depth = conv->filter_channels;
    if (depthwise) { /* each input channel is a group */
        const layout_t layout = {1, conv->output_channels, 1, conv->filter_channels};
        return layout;
    }
    const layout_t layout = {
        conv->filter_height * conv->filter_width * depth, (int32_t)depth, depth,
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

/* The window of an output pixel: the part of it that lies inside the image. */
typedef struct {
    const int16_t *image; /* of this batch */
    int32_t top, left;
    taps_t ys, xs;
    int32_t input, tap; /* of the first tap inside, in elements from the first channel's */
} window_t;

/* Sums of so many channels (one, or BLOCK) of one group, from the window's inputs and the first channel's weights. */
static void add_window(
    const picket_conv_params_t *conv, const layout_t *layout, const window_t *window, const int16_t *inputs,
    const int8_t *weights, uint32_t channels, int64_t *sums) {
    for (int32_t tap_y = window->ys.first; tap_y < window->ys.end; tap_y++) {
        const int32_t y = window->top + tap_y * conv->dilation_height;
        for (int32_t tap_x = window->xs.first; tap_x < window->xs.end; tap_x++) {
            const int32_t x = window->left + tap_x * conv->dilation_width;
            const int16_t *pixel = inputs + (y * conv->input_width + x) * conv->input_channels;
            const int8_t *tap = weights + (tap_y * conv->filter_width + tap_x) * layout->tap_step;
            if (channels == BLOCK) {
                picket_wide_products_4(tap, layout->channel_step, pixel, layout->depth, sums);
            } else {
                *sums += picket_wide_product(tap, pixel, layout->depth);
            }
        }
    }
}

/* The same for one channel of a depthwise convolution: one input at each tap. */
static int64_t depthwise_sum(
    const picket_conv_params_t *conv, const window_t *window, const int16_t *inputs, const int8_t *weights) {
    const int32_t input_step = conv->dilation_width * conv->input_channels;
    const int32_t weights_step = conv->output_channels;
    const int32_t columns = window->xs.end - window->xs.first;
    const int32_t next_inputs = (conv->dilation_height * conv->input_width) * conv->input_channels;
    const int32_t next_weights = conv->filter_width * weights_step;
    int64_t sum = 0;
    int32_t part = 0;
    int32_t room = PICKET_WIDE_CHUNK;
    if (columns == 0) {
        return 0; /* nothing inside, so that the first tap isn't either */
    }
    inputs += window->input;
    weights += window->tap;
    for (int32_t rows = window->ys.end - window->ys.first; rows > 0; rows--) {
        const int16_t *input = inputs;
        const int8_t *tap = weights;
        for (int32_t left = columns; left > 0; left--, input += input_step, tap += weights_step) {
            part += *tap * *input;
            if (--room == 0) {
                sum += part;
                part = 0;
                room = PICKET_WIDE_CHUNK;
            }
        }
        inputs += next_inputs;
        weights += next_weights;
    }
    return sum + part;
}

/* All channels of one pixel. */
static void convolve_pixel(
    const picket_wide_conv_params_t *params, const layout_t *layout, const window_t *window, void *const *memory,
    bool depthwise, int16_t *output) {
    const picket_conv_params_t *conv = &params->conv;
    const int32_t *multipliers = (const int32_t *)memory[3];
    const int8_t *shifts = (const int8_t *)(multipliers + conv->output_channels);
    const int8_t *filter = (const int8_t *)memory[1];
    uint32_t channels;
    for (uint32_t first = 0; first < conv->output_channels; first += channels) {
        const uint32_t group = first / layout->outputs_per_group;
        const int16_t *inputs = window->image + group * layout->depth;
        const bool whole = !depthwise && (group + 1) * layout->outputs_per_group - first >= BLOCK;
        channels = whole ? BLOCK : 1;
        int64_t sums[BLOCK];
        for (uint32_t i = 0; i < channels; i++) {
            sums[i] = picket_wide_bias(memory[4], first + i, params->sums);
        }
        if (depthwise) {
            sums[0] += depthwise_sum(conv, window, inputs, filter + first);
        } else {
            add_window(conv, layout, window, inputs, filter + first * layout->channel_step, channels, sums);
        }
        for (uint32_t i = first; i < first + channels; i++) {
            output[i] = (int16_t)picket_clamp(
                picket_wide_scale(sums[i - first], multipliers[i], shifts[i], params->sums), conv->output_min,
                conv->output_max);
        }
    }
}

void picket_convolve_wide(const picket_wide_conv_params_t *params, void *const *memory, bool depthwise) {
    const picket_conv_params_t *conv = &params->conv;
    const layout_t layout = layout_of(conv, depthwise);
    window_t window = {.image = (const int16_t *)memory[0]};
    int16_t *output = (int16_t *)memory[2];
    for (int32_t batch = 0; batch < conv->batches; batch++) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            window.top = out_y * conv->stride_height - conv->pad_top;
            window.ys = taps_inside(window.top, conv->filter_height, conv->dilation_height, conv->input_height);
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++, output += conv->output_channels) {
                window.left = out_x * conv->stride_width - conv->pad_left;
                window.xs = taps_inside(window.left, conv->filter_width, conv->dilation_width, conv->input_width);
                window.input = ((window.top + window.ys.first * conv->dilation_height) * conv->input_width + window.left
                                + window.xs.first * conv->dilation_width)
                    * conv->input_channels;
                window.tap = (window.ys.first * conv->filter_width + window.xs.first) * layout.tap_step;
                convolve_pixel(params, &layout, &window, memory, depthwise, output);
            }
        }
        window.image += conv->input_height * conv->input_width * conv->input_channels;
    }
}
