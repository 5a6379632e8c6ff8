/*
 * The kernels: what runs in invoke. Each is a function of its parameters and of pointers to memory; it knows neither the file nor the engine.
 *
 * params   the kernel's own structure, below; written once by the operator's prepare function
 * memory   pointers to inputs, outputs, scratch and tables, in the order that the kernel's comment gives
 *
 * No kernel allocates, uses floating-point arithmetic, or calls a 64-bit helper. All give the bits of TFLite Micro's reference kernels.
 */
#ifndef PICKET_KERNELS_H
#define PICKET_KERNELS_H

#include <stdint.h>

#include "operators.h"

#define KERNEL(name) void picket_##name(const void *params, void *const *memory);
#include "kernels.def"
#undef KERNEL

enum {
#define KERNEL(name) PICKET_KERNEL_##name,
#include "kernels.def"
#undef KERNEL
    PICKET_KERNEL_COUNT
};

/*
 * Tables of a layer with requantisation per channel, one after the other: int32_t bias[channels], int32_t multiplier_q31[channels],
 * int8_t shift[channels].
 */
typedef struct {
    const int32_t *bias;
    const int32_t *multiplier_q31;
    const int8_t *shift;
} picket_channels_t;

#define PICKET_CHANNEL_BYTES 9

static inline picket_channels_t picket_channels(const void *table, uint32_t channels) {
    const int32_t *words = (const int32_t *)table;
    picket_channels_t result = {words, words + channels, (const int8_t *)(words + 2 * channels)};
    return result;
}

/* Convolution and depthwise convolution. Sizes in elements; NHWC. */
typedef struct {
    uint16_t batches;
    uint16_t input_height, input_width, input_channels;
    uint16_t output_height, output_width, output_channels;
    uint16_t filter_height, filter_width;
    uint16_t filter_channels; /* convolution: input channels of one group; depthwise: output channels per input channel */
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    int16_t input_zero_point, output_zero_point;
    int16_t output_min, output_max;
} picket_conv_params_t;

typedef struct {
    uint32_t batches;
    uint32_t depth;   /* inputs of one output */
    uint32_t outputs; /* per batch */
    int32_t multiplier_q31;
    int16_t input_zero_point, output_zero_point;
    int16_t output_min, output_max;
    int8_t shift;
    uint8_t per_channel; /* 1: multipliers and shifts are in the table */
} picket_fully_connected_params_t;

typedef struct {
    uint16_t batches;
    uint16_t input_height, input_width, channels;
    uint16_t output_height, output_width;
    uint16_t filter_height, filter_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_top, pad_left;
    int16_t output_min, output_max;
} picket_pool_params_t;

typedef struct {
    uint32_t rows, depth;
    int32_t multiplier_q31;
    int32_t left_shift;
    int32_t lowest_difference; /* inputs further below the row's maximum count as nothing */
} picket_softmax_params_t;

typedef struct {
    uint32_t bytes;
} picket_copy_params_t;

#endif
