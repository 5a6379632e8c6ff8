#include "compact.h"

/* The part of a window that lies inside the image along one axis: elements [first, end) of the filter. */
typedef struct {
    int32_t first, end;
} span_t;

static span_t span_inside(int32_t origin, int32_t filter, int32_t dilation, int32_t size) {
    span_t span = {0, filter};
    while (span.first < filter && origin + span.first * dilation < 0) {
        span.first++;
    }
    while (span.end > span.first && origin + (span.end - 1) * dilation >= size) {
        span.end--;
    }
    return span;
}

void picket_convolve_compact(const picket_conv_params_t *conv, void *const *memory, bool depthwise) {
    const int32_t row_elements = conv->input_width * conv->input_channels;
    const int32_t run = depthwise ? 1 : conv->filter_channels;
    const int32_t tap = depthwise ? conv->output_channels : run;
    const bool is_single = depthwise && conv->filter_channels == 1;
    const picket_compact_layer_t layer = {
        .channels = picket_channels(memory[3], conv->output_channels),
        .channel_step = 1,
        .channel_count = conv->output_channels,
        .group = is_single ? conv->output_channels : conv->output_channels / (uint32_t)(conv->input_channels / run),
        .is_single = is_single,
        .group_inputs = run,
        .weight_step = depthwise ? 1 : conv->filter_height * conv->filter_width * run,
        .input_zero_point = conv->input_zero_point,
        .output_zero_point = conv->output_zero_point,
        .output_min = conv->output_min,
        .output_max = conv->output_max,
    };
    picket_compact_window_t window = {
        .run = run,
        .weight_row = conv->filter_width * tap,
        .weight_column = tap,
        .input_row = conv->dilation_height * row_elements,
        .input_column = conv->dilation_width * conv->input_channels,
    };
    /* Where a row's taps and what they meet lie together, all of it is one run. */
    const bool together = !is_single && tap == run && window.input_column == run;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    for (int32_t batch = 0; batch < conv->batches; batch++, image += conv->input_height * row_elements) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            const int32_t top = out_y * conv->stride_height - conv->pad_top;
            const span_t ys = span_inside(top, conv->filter_height, conv->dilation_height, conv->input_height);
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++) {
                const int32_t left = out_x * conv->stride_width - conv->pad_left;
                const span_t xs = span_inside(left, conv->filter_width, conv->dilation_width, conv->input_width);
                window.weights = (const int8_t *)memory[1] + ys.first * window.weight_row + xs.first * tap;
                window.inputs = image + (top + ys.first * conv->dilation_height) * row_elements
                    + (left + xs.first * conv->dilation_width) * conv->input_channels;
                window.rows = ys.end - ys.first;
                window.columns = xs.end - xs.first;
                if (together) {
                    window.run = window.columns * run;
                    window.columns = 1;
                }
                output = picket_compact_pixel(&layer, &window, output);
            }
        }
    }
}
