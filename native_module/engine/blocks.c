#include "blocks.h"

#include "products.h"

enum { CHANNELS = 4, PIXELS = 3, TAIL_CHANNELS = 8 }; /* of a block, and of a block of a single pixel */

static int8_t *copy(int8_t *to, const int8_t *from, int32_t count) {
    for (; count >= 4; count -= 4, from += 4, to += 4) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
    return to;
}

static int8_t *fill(int8_t *to, int32_t value, int32_t count) {
    for (; count > 0; count--) {
        *to++ = (int8_t)value;
    }
    return to;
}

/* Copy the patch of input under one output pixel; what lies outside the image is the input's zero point. */
static void copy_patch(
    const picket_conv_params_t *conv, const int8_t *image, int32_t top, int32_t left, int8_t *patch) {
    const int32_t channels = conv->input_channels, height = conv->input_height, width = conv->input_width;
    const int32_t rows = conv->filter_height, columns = conv->filter_width;
    const int32_t dilation_height = conv->dilation_height, dilation_width = conv->dilation_width;
    if (dilation_height == 1 && dilation_width == 1 && top >= 0 && left >= 0 && top + rows <= height
        && left + columns <= width) {
        const int8_t *row = image + (top * width + left) * channels;
        for (int32_t i = 0; i < rows; i++, row += width * channels) {
            patch = copy(patch, row, columns * channels);
        }
        return;
    }
    for (int32_t i = 0, y = top; i < rows; i++, y += dilation_height) {
        for (int32_t k = 0, x = left; k < columns; k++, x += dilation_width) {
            const bool inside = y >= 0 && y < height && x >= 0 && x < width;
            patch = inside ? copy(patch, image + (y * width + x) * channels, channels)
                           : fill(patch, conv->input_zero_point, channels);
        }
    }
}

typedef struct {
    const int8_t *filter;
    picket_narrow_layer_t narrow;
    uint32_t depth;
    uint32_t channel_step, depth_step; /* of the filter */
} layer_t;

/* Channels from first on of so many pixels (one or three), one by one. */
static void convolve_rest(
    const layer_t *layer, uint32_t first, const int8_t *const *inputs, uint32_t pixels, int8_t *output) {
    int32_t sums[PIXELS];
    for (uint32_t channel = first; channel < layer->narrow.channel_count; channel++) {
        for (uint32_t pixel = 0; pixel < pixels; pixel++) {
            sums[pixel] =
                layer->narrow.channels.bias[channel]
                + picket_product(
                    layer->filter + channel * layer->channel_step, layer->depth_step, inputs[pixel], layer->depth, 0);
        }
        picket_narrow_write(&layer->narrow, channel, 1, sums, pixels, output);
    }
}

/* All channels of three pixels. */
static void convolve_pixels(const layer_t *layer, const int8_t *const *inputs, int8_t *output) {
    const uint32_t whole = layer->narrow.channel_count & ~(CHANNELS - 1u);
    const int8_t *filter = layer->filter;
    int32_t sums[CHANNELS * PIXELS];
    for (uint32_t channel = 0; channel < whole; channel += CHANNELS, filter += CHANNELS * layer->channel_step) {
        const int32_t *bias = layer->narrow.channels.bias + channel;
        if (layer->depth_step == 1) {
            picket_products_4x3(filter, inputs, layer->depth, bias, sums);
        } else {
            picket_products_4x3_depth_major(filter, layer->depth_step, inputs, layer->depth, bias, sums);
        }
        picket_narrow_write(&layer->narrow, channel, CHANNELS, sums, PIXELS, output);
    }
    convolve_rest(layer, whole, inputs, PIXELS, output);
}

/* All channels of one pixel. */
static void convolve_pixel(const layer_t *layer, const int8_t *input, int8_t *output) {
    uint32_t channel = 0;
    if (layer->depth_step == 1) {
        int32_t sums[TAIL_CHANNELS];
        for (; channel + TAIL_CHANNELS <= layer->narrow.channel_count; channel += TAIL_CHANNELS) {
            for (uint32_t i = 0; i < TAIL_CHANNELS; i++) {
                sums[i] = layer->narrow.channels.bias[channel + i];
            }
            picket_products_8x1(layer->filter + channel * layer->depth, input, layer->depth, 0, sums);
            picket_narrow_write(&layer->narrow, channel, TAIL_CHANNELS, sums, 1, output);
        }
    }
    convolve_rest(layer, channel, &input, 1, output);
}

void picket_convolve_blocks(const picket_conv_params_t *conv, void *const *memory, bool depth_major) {
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    int8_t *patches = (int8_t *)memory[4];
    const uint32_t depth = (uint32_t)conv->filter_height * conv->filter_width * conv->input_channels;
    const bool in_place =
        conv->filter_height * conv->filter_width == 1; /* a patch is a pixel, and there is no padding */
    const layer_t layer = {
        .filter = (const int8_t *)memory[1],
        .narrow =
            {.channels = picket_narrow_channels(memory[3], conv->output_channels),
             .channel_count = conv->output_channels,
             .zero_point = conv->output_zero_point,
             .min = conv->output_min,
             .max = conv->output_max},
        .depth = depth,
        .channel_step = depth_major ? 1 : depth,
        .depth_step = depth_major ? conv->output_channels : 1,
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
                    convolve_pixels(&layer, inputs, output);
                    output += PIXELS * layer.narrow.channel_count;
                    pixels = 0;
                }
            }
        }
    }
    for (uint32_t i = 0; i < pixels; i++, output += layer.narrow.channel_count) {
        convolve_pixel(&layer, inputs[i], output);
    }
}
