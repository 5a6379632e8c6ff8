#include "../int4.h"
#include "../narrow.h"
#include "../products.h"

enum { PIXELS = PICKET_PACKED_PIXELS, CHANNELS = PICKET_PACKED_CHANNELS, TOGETHER = 3 /* pixels of one product */ };

typedef struct {
    const uint8_t *filter;
    int8_t *rows; /* unpacked weights of CHANNELS channels */
    picket_narrow_layer_t narrow;
    uint32_t depth;
} layer_t;

/* Copy the patch of input under one output pixel; what lies outside the image is the input's zero point. */
static void copy_patch(
    const picket_conv_params_t *conv, const int8_t *image, int32_t top, int32_t left, int8_t *patch) {
    for (int32_t i = 0; i < conv->filter_height; i++) {
        const int32_t y = top + i * conv->dilation_height;
        for (int32_t k = 0; k < conv->filter_width; k++) {
            const int32_t x = left + k * conv->dilation_width;
            const bool inside = y >= 0 && y < conv->input_height && x >= 0 && x < conv->input_width;
            const int8_t *pixel = inside ? image + (y * conv->input_width + x) * conv->input_channels : NULL;
            for (int32_t channel = 0; channel < conv->input_channels; channel++) {
                *patch++ = pixel ? pixel[channel] : (int8_t)conv->input_zero_point;
            }
        }
    }
}

/* Some channels, whose weights are unpacked, of so many pixels. */
static void convolve_channels(
    const layer_t *layer, uint32_t first, uint32_t channels, const int8_t *const *inputs, uint32_t pixels,
    int8_t *output) {
    const int32_t *bias = layer->narrow.channels.bias + first;
    const uint32_t stride = layer->narrow.channel_count;
    int32_t sums[CHANNELS * TOGETHER];
    uint32_t pixel = 0;
    for (; channels == CHANNELS && pixel + TOGETHER <= pixels; pixel += TOGETHER) {
        picket_products_4x3(layer->rows, inputs + pixel, layer->depth, bias, sums);
        picket_narrow_write(&layer->narrow, first, CHANNELS, sums, TOGETHER, output + pixel * stride);
    }
    for (; pixel < pixels; pixel++) {
        for (uint32_t i = 0; i < channels; i++) {
            sums[i] = bias[i] + picket_product(layer->rows + i * layer->depth, 1, inputs[pixel], layer->depth, 0);
        }
        picket_narrow_write(&layer->narrow, first, channels, sums, 1, output + pixel * stride);
    }
}

/* All channels of so many pixels. */
static void convolve_pixels(const layer_t *layer, const int8_t *const *inputs, uint32_t pixels, int8_t *output) {
    const uint32_t all = layer->narrow.channel_count;
    for (uint32_t first = 0; first < all; first += CHANNELS) {
        const uint32_t channels = all - first < CHANNELS ? all - first : CHANNELS;
        picket_unpack_int4(layer->rows, layer->filter, first * layer->depth, channels * layer->depth);
        convolve_channels(layer, first, channels, inputs, pixels, output);
    }
}

/*
 * CONV_2D, int8 with weights of int4, one group, narrow (narrow.h). Weights are unpacked for a few channels at a time,
 * which then meet a few pixels: more pixels mean less unpacking.
 *
 * memory: input, filter, output, narrow channels' tables with folded bias, scratch of picket_packed_scratch bytes.
 */
void picket_conv_2d_i4_blocked(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    const uint32_t depth = (uint32_t)conv->filter_height * conv->filter_width * conv->input_channels;
    int8_t *patches = (int8_t *)memory[4] + CHANNELS * depth;
    const bool in_place = conv->filter_height * conv->filter_width == 1; /* a patch is a pixel */
    const layer_t layer = {
        .filter = (const uint8_t *)memory[1],
        .rows = (int8_t *)memory[4],
        .narrow =
            {.channels = picket_narrow_channels(memory[3], conv->output_channels),
             .channel_count = conv->output_channels,
             .zero_point = conv->output_zero_point,
             .min = conv->output_min,
             .max = conv->output_max},
        .depth = depth,
    };
    const int8_t *inputs[PIXELS];
    uint32_t pixels = 0;
    for (int32_t batch = 0; batch < conv->batches;
         batch++, image += conv->input_height * conv->input_width * conv->input_channels) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            const int32_t y = out_y * conv->stride_height - conv->pad_top;
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++) {
                const int32_t x = out_x * conv->stride_width - conv->pad_left;
                if (in_place) {
                    inputs[pixels] = image + (y * conv->input_width + x) * conv->input_channels;
                } else {
                    inputs[pixels] = patches + pixels * depth;
                    copy_patch(conv, image, y, x, patches + pixels * depth);
                }
                if (++pixels == PIXELS) {
                    convolve_pixels(&layer, inputs, pixels, output);
                    output += PIXELS * layer.narrow.channel_count;
                    pixels = 0;
                }
            }
        }
    }
    if (pixels) {
        convolve_pixels(&layer, inputs, pixels, output);
    }
}
