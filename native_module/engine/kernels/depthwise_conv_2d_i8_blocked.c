#include "../narrow.h"

enum { BLOCK = 4 };

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

/* A pixel's window inside the image: its first weight and input of channel 0, and how far it is to the next ones, in
 * elements. */
typedef struct {
    const int8_t *weights, *inputs;
    int32_t rows, columns;
    int32_t weight_row, weight_column;
    int32_t input_row, input_column;
    int32_t zero_point;
} window_t;

/* Sums of four outputs next to each other, each with an input of its own. */
static void sum_4_channels(const window_t *window, const int8_t *weights, const int8_t *inputs, int32_t *sums) {
    const int32_t zero_point = window->zero_point;
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    for (int32_t row = 0; row < window->rows; row++, weights += window->weight_row, inputs += window->input_row) {
        const int8_t *w = weights;
        const int8_t *x = inputs;
        for (int32_t column = 0; column < window->columns;
             column++, w += window->weight_column, x += window->input_column) {
            s0 += w[0] * (x[0] - zero_point);
            s1 += w[1] * (x[1] - zero_point);
            s2 += w[2] * (x[2] - zero_point);
            s3 += w[3] * (x[3] - zero_point);
        }
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

/* Sums of four outputs next to each other of one and the same input. */
static void sum_4_outputs(const window_t *window, const int8_t *weights, const int8_t *inputs, int32_t *sums) {
    const int32_t zero_point = window->zero_point;
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    for (int32_t row = 0; row < window->rows; row++, weights += window->weight_row, inputs += window->input_row) {
        const int8_t *w = weights;
        const int8_t *x = inputs;
        for (int32_t column = 0; column < window->columns;
             column++, w += window->weight_column, x += window->input_column) {
            const int32_t value = *x - zero_point;
            s0 += w[0] * value;
            s1 += w[1] * value;
            s2 += w[2] * value;
            s3 += w[3] * value;
        }
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

static int32_t sum_1_output(const window_t *window, const int8_t *weights, const int8_t *inputs, int32_t sum) {
    for (int32_t row = 0; row < window->rows; row++, weights += window->weight_row, inputs += window->input_row) {
        const int8_t *w = weights;
        const int8_t *x = inputs;
        for (int32_t column = 0; column < window->columns;
             column++, w += window->weight_column, x += window->input_column) {
            sum += *w * (*x - window->zero_point);
        }
    }
    return sum;
}

/* All outputs of one pixel. */
static void convolve_pixel(
    const picket_conv_params_t *conv, const picket_narrow_channels_t *channels, const window_t *window,
    int8_t *output) {
    const uint32_t multiplier = conv->filter_channels;
    uint32_t input = 0; /* channel, and how many of its outputs are done */
    uint32_t done = 0;
    int32_t sums[BLOCK];
    for (uint32_t first = 0; first < conv->output_channels;) {
        uint32_t count = BLOCK;
        for (uint32_t i = 0; i < BLOCK && first + i < conv->output_channels; i++) {
            sums[i] = channels->bias[first + i];
        }
        if (multiplier == 1 && first + BLOCK <= conv->output_channels) {
            sum_4_channels(window, window->weights + first, window->inputs + first, sums);
            input += BLOCK;
        } else if (done + BLOCK <= multiplier) {
            sum_4_outputs(window, window->weights + first, window->inputs + input, sums);
            done += BLOCK;
        } else {
            sums[0] = sum_1_output(window, window->weights + first, window->inputs + input, sums[0]);
            done++;
            count = 1;
        }
        if (done == multiplier) {
            done = 0;
            input++;
        }
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t shift = channels->shift[first + i];
            output[first + i] = picket_narrow_output(
                sums[i], channels->multiplier_q32[first + i], shift,
                picket_narrow_offset(shift, conv->output_zero_point), conv->output_min, conv->output_max);
        }
        first += count;
    }
}

/*
 * DEPTHWISE_CONV_2D, int8, any shape, narrow (narrow.h) but with the bias as the model has it: blocks of 4 outputs, and
 * only the part of each window that lies inside the image.
 *
 * memory: input, filter, output, narrow channels' tables.
 */
void picket_depthwise_conv_2d_i8_blocked(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    const picket_narrow_channels_t channels = picket_narrow_channels(memory[3], conv->output_channels);
    const int32_t row_elements = conv->input_width * conv->input_channels;
    window_t window = {
        .weight_row = conv->filter_width * conv->output_channels,
        .weight_column = conv->output_channels,
        .input_row = conv->dilation_height * row_elements,
        .input_column = conv->dilation_width * conv->input_channels,
        .zero_point = conv->input_zero_point,
    };

    for (int32_t batch = 0; batch < conv->batches; batch++, image += conv->input_height * row_elements) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            const int32_t top = out_y * conv->stride_height - conv->pad_top;
            const span_t ys = span_inside(top, conv->filter_height, conv->dilation_height, conv->input_height);
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++, output += conv->output_channels) {
                const int32_t left = out_x * conv->stride_width - conv->pad_left;
                const span_t xs = span_inside(left, conv->filter_width, conv->dilation_width, conv->input_width);
                window.weights =
                    (const int8_t *)memory[1] + ys.first * window.weight_row + xs.first * window.weight_column;
                window.inputs = image + (top + ys.first * conv->dilation_height) * row_elements
                    + (left + xs.first * conv->dilation_width) * conv->input_channels;
                window.rows = ys.end - ys.first;
                window.columns = xs.end - xs.first;
                convolve_pixel(conv, &channels, &window, output);
            }
        }
    }
}
