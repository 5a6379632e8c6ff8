#include "../narrow.h"
#include "../order.h"

/*
 * One channel over one row of outputs. Of the three rows of inputs, one that lies outside the image has its weights set
 * to 0 and its share of the sum in the bias, so that the loops need not ask.
 */
typedef struct {
    int32_t w[9];
    int32_t bias;
    uint32_t multiplier_q32, shift;
    const int8_t *inputs[3]; /* the rows' column 0; the middle row takes the place of one outside the image */
    int8_t *outputs;
} row_t;

/* Sum of a column of three inputs times a column of weights: column 0, 1 or 2 of the filter. */
#define COLUMN(i) (w##i##0 * x0 + w##i##1 * x1 + w##i##2 * x2)

#define ADD_COLUMN(i)       \
    do {                    \
        sum += COLUMN(i);   \
        PICKET_FINISH(sum); \
    } while (0)

/* Load a column of inputs and go on to the next one. */
#define LOAD() (x0 = *row0, x1 = *row1, x2 = *row2, row0 += step, row1 += step, row2 += step)

/* A column outside the image. */
#define LOAD_PADDING() (x0 = x1 = x2 = padding)

#define WRITE()                                                                       \
    do {                                                                              \
        *output = picket_narrow_output(sum, multiplier_q32, shift, offset, min, max); \
        output += step;                                                               \
    } while (0)

/* Everything that the loops need in variables of their own: the compiler would have to load it again after each write
 * of an output. */
#define LOCALS(conv, row)                                                                                        \
    const int32_t w00 = (row)->w[0], w01 = (row)->w[3], w02 = (row)->w[6], w10 = (row)->w[1], w11 = (row)->w[4], \
                  w12 = (row)->w[7], w20 = (row)->w[2], w21 = (row)->w[5], w22 = (row)->w[8];                    \
    const int32_t bias = (row)->bias, padding = (conv)->input_zero_point;                                        \
    const int32_t min = (conv)->output_min, max = (conv)->output_max;                                            \
    const uint32_t multiplier_q32 = (row)->multiplier_q32, shift = (row)->shift;                                 \
    const int32_t offset = picket_narrow_offset(shift, (conv)->output_zero_point);                               \
    const int32_t step = (conv)->input_channels; /* from one pixel to the next, in input and output */           \
    const int8_t *row0 = (row)->inputs[0], *row1 = (row)->inputs[1], *row2 = (row)->inputs[2];                   \
    int8_t *output = (row)->outputs;                                                                             \
    int32_t x0, x1, x2, sum

/*
 * Stride 1. Each column is loaded once and adds to three sums: it is the last one of an output, the middle one of the
 * next and the first of the one after.
 */
static void row_stride_1(const picket_conv_params_t *conv, const row_t *row) {
    LOCALS(conv, row);
    int32_t next;
    const int8_t *const end = row0 + conv->input_width * step;
    if (conv->pad_left) {
        LOAD_PADDING();
    } else {
        LOAD();
    }
    sum = bias + COLUMN(0);
    LOAD();
    ADD_COLUMN(1);
    next = bias + COLUMN(0);
    while (row0 != end) {
        LOAD();
        ADD_COLUMN(2);
        WRITE();
        sum = next;
        ADD_COLUMN(1);
        next = bias + COLUMN(0);
    }
    if (conv->pad_left) { /* then there is padding on the right, too */
        LOAD_PADDING();
        ADD_COLUMN(2);
        WRITE();
    }
}

/* Stride 2: the last column of an output is the first of the next. */
static void row_stride_2(const picket_conv_params_t *conv, const row_t *row) {
    LOCALS(conv, row);
    if (conv->pad_left) {
        LOAD_PADDING();
    } else {
        LOAD();
    }
    sum = bias + COLUMN(0);
    const bool pads_right = 2 * conv->output_width + 1 - conv->pad_left > conv->input_width;
    for (int32_t left = conv->output_width - pads_right; left > 0; left--) {
        LOAD();
        ADD_COLUMN(1);
        LOAD();
        ADD_COLUMN(2);
        WRITE();
        sum = bias + COLUMN(0);
    }
    if (pads_right) {
        LOAD();
        ADD_COLUMN(1);
        LOAD_PADDING();
        ADD_COLUMN(2);
        WRITE();
    }
}

/* The rows of inputs under a row of outputs. Rows outside the image move from the weights to the bias. */
static void place_row(const picket_conv_params_t *conv, const int8_t *image, int32_t top, row_t *row) {
    const int32_t row_elements = conv->input_width * conv->input_channels;
    for (int32_t i = 0; i < 3; i++) {
        const bool inside = top + i >= 0 && top + i < conv->input_height;
        row->inputs[i] = image + (top + (inside ? i : 1)) * row_elements;
        if (!inside) {
            for (int32_t k = 3 * i; k < 3 * i + 3; k++) {
                row->bias += row->w[k] * conv->input_zero_point;
                row->w[k] = 0;
            }
        }
    }
}

static void convolve_channel(
    const picket_conv_params_t *conv, const row_t *channel, const int8_t *image, int8_t *output) {
    for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
        row_t row = *channel;
        place_row(conv, image, out_y * conv->stride_height - conv->pad_top, &row);
        row.outputs = output + out_y * conv->output_width * conv->output_channels;
        if (conv->stride_width == 1) {
            row_stride_1(conv, &row);
        } else {
            row_stride_2(conv, &row);
        }
    }
}

/*
 * DEPTHWISE_CONV_2D, int8, 3 x 3, one output per input channel, stride 1 or 2 along the rows, no dilation, narrow
 * (narrow.h): channel by channel, with the weights in registers and every input loaded once for a row of outputs.
 *
 * memory: input, filter, output, narrow channels' tables.
 */
void picket_depthwise_conv_2d_i8_3x3(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    const picket_narrow_channels_t channels = picket_narrow_channels(memory[3], conv->output_channels);

    for (int32_t batch = 0; batch < conv->batches; batch++) {
        for (uint32_t i = 0; i < conv->output_channels; i++) {
            row_t channel = {
                .bias = channels.bias[i], .multiplier_q32 = channels.multiplier_q32[i], .shift = channels.shift[i]};
            for (uint32_t k = 0; k < 9; k++) {
                channel.w[k] = ((const int8_t *)memory[1])[k * conv->output_channels + i];
            }
            convolve_channel(conv, &channel, image + i, output + i);
        }
        image += conv->input_height * conv->input_width * conv->input_channels;
        output += conv->output_height * conv->output_width * conv->output_channels;
    }
}
