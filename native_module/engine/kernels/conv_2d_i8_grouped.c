#include "../narrow.h"
#include "../products.h"

enum { CHANNELS = 4, PIXELS = 3 }; /* of a block */

/* One group: what it has of the filter and of the channels' tables. */
typedef struct {
    const int8_t *filter;
    picket_narrow_layer_t narrow; /* channel_count is that of all groups: from pixel to pixel of the output */
    uint32_t channels;            /* outputs of the group */
    uint32_t depth;
} group_t;

/* Copy a group's patch of input under one output pixel, from the group's first channel on; what lies outside the image
 * is the input's zero point. */
static void copy_patch(
    const picket_conv_params_t *conv, const int8_t *image, int32_t top, int32_t left, int8_t *patch) {
    const int32_t height = conv->input_height, width = conv->input_width, step = conv->input_channels;
    const int32_t columns = conv->filter_width, channels = conv->filter_channels;
    const int8_t outside = (int8_t)conv->input_zero_point;
    for (int32_t i = 0, y = top; i < conv->filter_height; i++, y += conv->dilation_height) {
        for (int32_t k = 0, x = left; k < columns; k++, x += conv->dilation_width) {
            const bool inside = y >= 0 && y < height && x >= 0 && x < width;
            const int8_t *pixel = inside ? image + (y * width + x) * step : &outside;
            const int32_t next = inside ? 1 : 0;
            for (const int8_t *const end = patch + channels; patch != end; pixel += next) {
                *patch++ = *pixel;
            }
        }
    }
}

/* The group's outputs of so many pixels (one or three). */
static void convolve_pixels(const group_t *group, const int8_t *const *inputs, uint32_t pixels, int8_t *output) {
    const int32_t *bias = group->narrow.channels.bias;
    const int8_t *filter = group->filter;
    int32_t sums[CHANNELS * PIXELS];
    uint32_t channel = 0;
    for (; pixels == PIXELS && channel + CHANNELS <= group->channels; channel += CHANNELS) {
        picket_products_4x3(filter, inputs, group->depth, bias + channel, sums);
        picket_narrow_write(&group->narrow, channel, CHANNELS, sums, PIXELS, output);
        filter += CHANNELS * group->depth;
    }
    for (; channel < group->channels; channel++, filter += group->depth) {
        for (uint32_t i = 0; i < pixels; i++) {
            sums[i] = bias[channel] + picket_product(filter, 1, inputs[i], group->depth, 0);
        }
        picket_narrow_write(&group->narrow, channel, 1, sums, pixels, output);
    }
}

/* All pixels of one group; image and output begin with its first channel. */
static void convolve_group(
    const picket_conv_params_t *conv, const group_t *group, const int8_t *image, int8_t *patches, int8_t *output) {
    const uint32_t depth = group->depth, step = group->narrow.channel_count;
    const bool in_place =
        conv->filter_height * conv->filter_width == 1; /* a patch is part of a pixel, and there is no padding */
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
                    convolve_pixels(group, inputs, PIXELS, output);
                    output += PIXELS * step;
                    pixels = 0;
                }
            }
        }
    }
    for (uint32_t i = 0; i < pixels; i++, output += step) {
        convolve_pixels(group, inputs + i, 1, output);
    }
}

/*
 * CONV_2D, int8, several groups, narrow (narrow.h): group by group as conv_2d_i8_blocked does a whole layer, in blocks of
 * 4 channels and 3 pixels. The plain reference is conv_2d_i8.
 *
 * memory: input, filter, output, narrow channels' tables with folded bias, scratch of picket_blocks_scratch bytes for
 * one group.
 */
void picket_conv_2d_i8_grouped(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const uint32_t groups = (uint32_t)conv->input_channels / conv->filter_channels;
    group_t group = {
        .filter = (const int8_t *)memory[1],
        .narrow =
            {.channels = picket_narrow_channels(memory[3], conv->output_channels),
             .channel_count = conv->output_channels,
             .zero_point = conv->output_zero_point,
             .min = conv->output_min,
             .max = conv->output_max},
        .channels = conv->output_channels / groups,
        .depth = (uint32_t)conv->filter_height * conv->filter_width * conv->filter_channels,
    };
    for (uint32_t i = 0; i < groups; i++) {
        convolve_group(
            conv, &group, (const int8_t *)memory[0] + i * conv->filter_channels, (int8_t *)memory[4],
            (int8_t *)memory[2] + i * group.channels);
        group.filter += group.channels * group.depth;
        group.narrow.channels.bias += group.channels;
        group.narrow.channels.multiplier_q32 += group.channels;
        group.narrow.channels.shift += group.channels;
    }
}
