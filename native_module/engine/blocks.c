#include "blocks.h"

#include "registers.h"

enum { CHANNELS = 4, PIXELS = 3 }; /* of a block: twelve sums and what they need just fit in the registers of RISC-V and Arm */

/* Copy count elements to every third byte. */
static int8_t *pack_run(int8_t *packed, const int8_t *source, int32_t count) {
    for (; count >= 4; count -= 4, source += 4, packed += 4 * PIXELS) {
        packed[0] = source[0];
        packed[PIXELS] = source[1];
        packed[2 * PIXELS] = source[2];
        packed[3 * PIXELS] = source[3];
    }
    for (; count > 0; count--, packed += PIXELS) {
        *packed = *source++;
    }
    return packed;
}

static int8_t *pack_padding(int8_t *packed, int32_t value, int32_t count) {
    for (; count > 0; count--, packed += PIXELS) {
        *packed = (int8_t)value;
    }
    return packed;
}

/* Write the patch of input under one output pixel to every third byte; what lies outside the image is the input's zero point. */
static void pack_patch(const picket_conv_params_t *conv, const int8_t *image, int32_t top, int32_t left, int8_t *packed) {
    const int32_t channels = conv->input_channels;
    const int32_t row_elements = conv->input_width * channels;
    for (int32_t filter_y = 0; filter_y < conv->filter_height; filter_y++) {
        const int32_t y = top + filter_y * conv->dilation_height;
        const int8_t *row = image + y * row_elements;
        if (y < 0 || y >= conv->input_height) {
            packed = pack_padding(packed, conv->input_zero_point, conv->filter_width * channels);
        } else if (conv->dilation_width == 1) { /* the part inside the image is one run */
            const int32_t right = left + conv->filter_width;
            const int32_t first = left < 0 ? 0 : left;
            const int32_t end = right < conv->input_width ? right : conv->input_width;
            if (first != left) {
                packed = pack_padding(packed, conv->input_zero_point, (first - left) * channels);
            }
            packed = pack_run(packed, row + first * channels, (end - first) * channels);
            if (end != right) {
                packed = pack_padding(packed, conv->input_zero_point, (right - end) * channels);
            }
        } else {
            for (int32_t filter_x = 0; filter_x < conv->filter_width; filter_x++) {
                const int32_t x = left + filter_x * conv->dilation_width;
                packed = x < 0 || x >= conv->input_width ? pack_padding(packed, conv->input_zero_point, channels)
                                                         : pack_run(packed, row + x * channels, channels);
            }
        }
    }
}

#define SUMS(start)                                                                    \
    int32_t s00 = (start)[0], s01 = s00, s02 = s00, s10 = (start)[1], s11 = s10, s12 = s10; \
    int32_t s20 = (start)[2], s21 = s20, s22 = s20, s30 = (start)[3], s31 = s30, s32 = s30

#define STORE_SUMS(sums)                                                        \
    (sums)[0] = s00, (sums)[1] = s01, (sums)[2] = s02, (sums)[3] = s10,         \
    (sums)[4] = s11, (sums)[5] = s12, (sums)[6] = s20, (sums)[7] = s21,         \
    (sums)[8] = s22, (sums)[9] = s30, (sums)[10] = s31, (sums)[11] = s32

/* Element k of three packed patches, for the WEIGHTs that follow. */
#define INPUTS(k) const int32_t x0 = packed[3 * (k)], x1 = packed[3 * (k) + 1], x2 = packed[3 * (k) + 2]

/* One weight of channel c, times three inputs. */
#define WEIGHT(c, weight)            \
    do {                             \
        const int32_t w = (weight);  \
        s##c##0 += w * x0;           \
        s##c##1 += w * x1;           \
        s##c##2 += w * x2;           \
        PICKET_KEEP_ORDER();         \
    } while (0)

/* sums[3 * c + p] = bias[c] + sum over k of filter[c * depth + k] * packed[3 * k + p] */
static void dot_channel_major(const int8_t *filter, const int8_t *packed, uint32_t depth, const int32_t *bias, int32_t *sums) {
    const int8_t *row0 = filter, *row1 = row0 + depth, *row2 = row1 + depth, *row3 = row2 + depth;
    const int8_t *const end = row0 + depth, *const end4 = row0 + (depth & ~3u);
    SUMS(bias);
#define STEP(k)             \
    do {                    \
        INPUTS(k);          \
        WEIGHT(0, row0[k]); \
        WEIGHT(1, row1[k]); \
        WEIGHT(2, row2[k]); \
        WEIGHT(3, row3[k]); \
    } while (0)
    while (row0 != end4) {
        STEP(0);
        STEP(1);
        STEP(2);
        STEP(3);
        packed += 12, row0 += 4, row1 += 4, row2 += 4, row3 += 4;
    }
    while (row0 != end) {
        STEP(0);
        packed += 3, row0++, row1++, row2++, row3++;
    }
#undef STEP
    STORE_SUMS(sums);
}

/* sums[3 * c + p] = bias[c] + sum over k of filter[k * channels + c] * packed[3 * k + p] */
static void dot_depth_major(
    const int8_t *filter, const int8_t *packed, uint32_t depth, uint32_t channels, const int32_t *bias, int32_t *sums) {
    SUMS(bias);
    for (; depth > 0; depth--, packed += PIXELS, filter += channels) {
        INPUTS(0);
        WEIGHT(0, filter[0]);
        WEIGHT(1, filter[1]);
        WEIGHT(2, filter[2]);
        WEIGHT(3, filter[3]);
    }
    STORE_SUMS(sums);
}

typedef struct {
    const int8_t *filter;
    picket_narrow_channels_t channels;
    uint32_t channel_count, depth;
    uint32_t channel_step, depth_step; /* of the filter */
    int32_t zero_point, min, max;
} layer_t;

/* Requantise a block: the sums of so many channels, for one to three pixels. */
static void write_block(const layer_t *layer, uint32_t channel, uint32_t channels, const int32_t *sums, uint32_t pixels, int8_t *output) {
    /* Copies, so that the compiler knows that writing an output does not change them. */
    const uint32_t *multipliers_q32 = layer->channels.multiplier_q32 + channel;
    const uint8_t *shifts = layer->channels.shift + channel;
    const int32_t zero_point = layer->zero_point, min = layer->min, max = layer->max;
    const uint32_t step = layer->channel_count;
    output += channel;
    for (const int32_t *const end = sums + PIXELS * channels; sums != end; sums += PIXELS, output++) {
        const uint32_t multiplier_q32 = *multipliers_q32++;
        const uint32_t shift = *shifts++;
        const int32_t offset = picket_narrow_offset(shift, zero_point);
        output[0] = picket_narrow_output(sums[0], multiplier_q32, shift, offset, min, max);
        if (pixels > 1) {
            output[step] = picket_narrow_output(sums[1], multiplier_q32, shift, offset, min, max);
        }
        if (pixels > 2) {
            output[2 * step] = picket_narrow_output(sums[2], multiplier_q32, shift, offset, min, max);
        }
    }
}

/* All channels of up to three packed pixels. */
static void convolve_pixels(const layer_t *layer, const int8_t *packed, uint32_t pixels, int8_t *output) {
    const int8_t *filter = layer->filter;
    const uint32_t whole = layer->channel_count & ~(CHANNELS - 1u);
    int32_t sums[CHANNELS * PIXELS];
    for (uint32_t channel = 0; channel < whole; channel += CHANNELS, filter += CHANNELS * layer->channel_step) {
        if (layer->depth_step == 1) {
            dot_channel_major(filter, packed, layer->depth, layer->channels.bias + channel, sums);
        } else {
            dot_depth_major(filter, packed, layer->depth, layer->depth_step, layer->channels.bias + channel, sums);
        }
        write_block(layer, channel, CHANNELS, sums, pixels, output);
    }
    for (uint32_t channel = whole; channel < layer->channel_count; channel++, filter += layer->channel_step) {
        for (uint32_t pixel = 0; pixel < pixels; pixel++) {
            int32_t sum = layer->channels.bias[channel];
            for (uint32_t k = 0; k < layer->depth; k++) {
                sum += filter[k * layer->depth_step] * packed[PIXELS * k + pixel];
            }
            sums[pixel] = sum;
        }
        write_block(layer, channel, 1, sums, pixels, output);
    }
}

void picket_convolve_blocks(const picket_conv_params_t *conv, void *const *memory, bool depth_major) {
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[2];
    int8_t *packed = (int8_t *)memory[4];
    const uint32_t depth = (uint32_t)conv->filter_height * conv->filter_width * conv->input_channels;
    const layer_t layer = {
        .filter = (const int8_t *)memory[1],
        .channels = picket_narrow_channels(memory[3], conv->output_channels),
        .channel_count = conv->output_channels,
        .depth = depth,
        .channel_step = depth_major ? 1 : depth,
        .depth_step = depth_major ? conv->output_channels : 1,
        .zero_point = conv->output_zero_point,
        .min = conv->output_min,
        .max = conv->output_max,
    };
    uint32_t pixels = 0;
    for (int32_t batch = 0; batch < conv->batches; batch++, image += conv->input_height * conv->input_width * conv->input_channels) {
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            const int32_t top = out_y * conv->stride_height - conv->pad_top;
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++) {
                pack_patch(conv, image, top, out_x * conv->stride_width - conv->pad_left, packed + pixels);
                if (++pixels == PIXELS) {
                    convolve_pixels(&layer, packed, PIXELS, output);
                    output += PIXELS * layer.channel_count;
                    pixels = 0;
                }
            }
        }
    }
    if (pixels) {
        convolve_pixels(&layer, packed, pixels, output);
    }
}
