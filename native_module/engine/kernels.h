/*
 * The kernels: what runs in invoke. Each is a function of its parameters and of pointers to memory; it knows neither
 * the file nor the engine.
 *
 * params   the kernel's own structure, below; written once by the operator's prepare function
 * memory   pointers to inputs, outputs, scratch and tables, in the order that the kernel's comment gives
 *
 * No kernel allocates, uses floating-point arithmetic, or calls a 64-bit helper. All give the bits of TFLite Micro's
 * reference kernels.
 */
#ifndef PICKET_KERNELS_H
#define PICKET_KERNELS_H

#include <stdint.h>

#include "operators.h"
#include "sigmoid.h"

#define KERNEL(name) void picket_##name(const void *params, void *const *memory);
#include "kernels.def"
#undef KERNEL

enum {
#define KERNEL(name) PICKET_KERNEL_##name,
#include "kernels.def"
#undef KERNEL
    PICKET_KERNEL_COUNT
};

/* A kernel of a type that may not be built in; the number that then stands for it is of no use to anybody. */
#if PICKET_TYPE_INT16
#define PICKET_INT16_KERNEL(name) PICKET_KERNEL_##name
#else
#define PICKET_INT16_KERNEL(name) 0
#endif
#if PICKET_TYPE_INT4
#define PICKET_INT4_KERNEL(name) PICKET_KERNEL_##name
#else
#define PICKET_INT4_KERNEL(name) 0
#endif

#if PICKET_COMPACT
/* Prepare functions choose among several kernels of a layer; here they are the same one. */
#if PICKET_OP_CONV_2D
#define PICKET_KERNEL_conv_2d_i8 PICKET_KERNEL_conv_2d_i8_compact
#define PICKET_KERNEL_conv_2d_i8_blocked PICKET_KERNEL_conv_2d_i8_compact
#define PICKET_KERNEL_conv_2d_i8_grouped PICKET_KERNEL_conv_2d_i8_compact
#define PICKET_KERNEL_conv_2d_i4_blocked PICKET_KERNEL_conv_2d_i4
#endif
#if PICKET_OP_DEPTHWISE_CONV_2D
#define PICKET_KERNEL_depthwise_conv_2d_i8 PICKET_KERNEL_depthwise_conv_2d_i8_compact
#define PICKET_KERNEL_depthwise_conv_2d_i8_3x3 PICKET_KERNEL_depthwise_conv_2d_i8_compact
#define PICKET_KERNEL_depthwise_conv_2d_i8_blocked PICKET_KERNEL_depthwise_conv_2d_i8_compact
#define PICKET_KERNEL_depthwise_conv_2d_i4_blocked PICKET_KERNEL_depthwise_conv_2d_i4
#define PICKET_KERNEL_depthwise_conv_2d_i8_one_input PICKET_KERNEL_depthwise_conv_2d_i8_compact
#endif
#if PICKET_OP_FULLY_CONNECTED
#define PICKET_KERNEL_fully_connected_i8 PICKET_KERNEL_fully_connected_i8_compact
#define PICKET_KERNEL_fully_connected_i8_blocked PICKET_KERNEL_fully_connected_i8_compact
#endif
#endif

/*
 * Tables of a layer with requantisation per channel, one after the other: int32_t bias[channels], int32_t
 * multiplier_q31[channels], int8_t shift[channels].
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
    uint16_t
        filter_channels; /* convolution: input channels of one group; depthwise: output channels per input channel */
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    int16_t input_zero_point, output_zero_point;
    int16_t output_min, output_max;
} picket_conv_params_t;

/*
 * How a layer of int16 sums (wide.h). Its tables are int32_t multiplier[channels], int8_t shift[channels]; its bias
 * stays where the model has it.
 */
typedef struct {
    uint8_t bias_bytes; /* of one element: 2, 4 or 8 */
    uint8_t of_32_bits; /* sums wrap at 32 bits and are scaled by multipliers of 32 bits; otherwise 64 and 16 bits */
} picket_wide_sums_t;

typedef struct {
    picket_conv_params_t conv; /* zero points are 0 */
    picket_wide_sums_t sums;
} picket_wide_conv_params_t;

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
    picket_fully_connected_params_t layer; /* zero points are 0 */
    picket_wide_sums_t sums;
} picket_wide_fully_connected_params_t;

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
    int32_t lowest_difference; /* inputs further below the row's maximum count as nothing; int8 alone */
} picket_softmax_params_t;

typedef struct {
    uint32_t bytes;
} picket_copy_params_t;

/* ADD and SUB: both inputs are brought to twice the larger scale, shifted up by 20 bits (15 for int16), added, and
 * brought to the output's scale. */
typedef struct {
    uint32_t elements;
    int32_t first_multiplier_q31, second_multiplier_q31, output_multiplier_q31;
    int16_t first_zero_point, second_zero_point, output_zero_point;
    int16_t output_min, output_max;
    int8_t first_shift, second_shift, output_shift;
    uint8_t subtract; /* SUB */
    uint8_t wide;     /* int16 */
} picket_add_params_t;

typedef struct {
    uint32_t elements;
    int32_t multiplier_q31;
    int16_t first_zero_point, second_zero_point, output_zero_point;
    int16_t output_min, output_max;
    int8_t shift;
} picket_mul_params_t;

/* Element-wise operators of one input. Fields that an operator does not need are 0. */
typedef struct {
    uint32_t elements;
    int32_t multiplier_q31;
    int16_t shift;
    int16_t input_zero_point, output_zero_point;
    int16_t output_min, output_max;
    uint8_t input_type, output_type; /* picket_type_t */
} picket_rescale_params_t;

typedef struct {
    uint32_t elements;
    int32_t multiplier_q31;
    int32_t shift;
    int32_t zero_point;
    int32_t radius; /* inputs at least so far from the zero point give 0 or 1 */
} picket_logistic_params_t;

/* Between float32 and quantised numbers. */
typedef struct {
    uint32_t elements;
    uint32_t scale_bits; /* float32 */
    int32_t zero_point;
    uint8_t type; /* picket_type_t of the quantised side */
} picket_float_params_t;

/* Reduction. Axes next to each other that are both kept or both reduced count as one, so three of each are enough for
 * six dimensions. */
typedef struct {
    uint32_t kept[3], kept_stride[3];
    uint32_t reduced[3], reduced_stride[3];
} picket_reduction_t;

typedef struct {
    picket_reduction_t axes;
    int32_t multiplier_q31; /* of the sum */
    int32_t shift;
    int32_t zero_points; /* the input's zero point times the number of elements in a sum */
    int16_t output_zero_point;
    uint8_t wide; /* int16 */
} picket_mean_params_t;

typedef struct {
    picket_reduction_t axes;
    uint8_t is_float;
} picket_reduce_max_params_t;

typedef struct {
    uint32_t outer, size, inner;
    uint8_t is_float;
} picket_arg_max_params_t;

typedef struct {
    uint32_t before, size, after; /* in elements */
} picket_pad_axis_t;

typedef struct {
    picket_pad_axis_t axes[5]; /* outermost first; unused ones have size 1 */
    uint32_t value_bits;       /* the padding's element, in the lowest element_bytes */
    uint32_t element_bytes;    /* 1, 2 or 4 */
} picket_pad_params_t;

typedef struct {
    uint32_t inputs;
    uint32_t outer; /* how often a piece of every input follows the others */
} picket_concatenation_params_t;

typedef struct {
    uint32_t elements;
    uint8_t type; /* picket_type_t */
    uint8_t is_minimum;
} picket_maximum_minimum_params_t;

/* LEAKY_RELU and PRELU: inputs below the zero point have another multiplier. */
typedef struct {
    uint32_t elements;
    int32_t positive_multiplier_q31, negative_multiplier_q31;
    int16_t input_zero_point, alpha_zero_point, output_zero_point;
    int8_t positive_shift, negative_shift;
    uint8_t alpha_is_negative; /* LEAKY_RELU: the negative multiplier's sign */
    uint8_t wide;              /* int16 */
} picket_leaky_relu_params_t;

typedef struct {
    uint32_t elements;
    int16_t input_zero_point, output_zero_point;
    int16_t output_multiplier_q15, reluish_multiplier_q15;
    int8_t output_shift, reluish_shift;
} picket_hard_swish_params_t;

/*
 * The innermost axis comes first. Axes of size 1 are left out, and those that continue their neighbour are one with
 * it.
 */
typedef struct {
    uint32_t rank;
    uint32_t dims[PICKET_MAX_RANK];
    int32_t stride_bytes[PICKET_MAX_RANK]; /* of the input */
    uint32_t offset_bytes;
    uint32_t run_bytes; /* what lies together in input and output */
} picket_strided_copy_params_t;

typedef struct {
    uint32_t outputs;
    uint32_t outer; /* how often the pieces of all outputs follow each other */
} picket_split_params_t;

/* RESIZE_NEAREST_NEIGHBOR (channels are bytes of a pixel; no steps) and RESIZE_BILINEAR. */
typedef struct {
    uint32_t batches, channels;
    uint16_t input_height, input_width;
    uint16_t output_height, output_width;
    int32_t step_y_q10, step_x_q10;   /* inputs from one output to the next */
    int32_t first_y_q10, first_x_q10; /* where the first output lies */
} picket_resize_params_t;

/* Batch side: block_height * block_width * images images; space side: images with margins before and behind. */
typedef struct {
    uint32_t images;
    uint32_t pixel_bytes;
    uint16_t space_height, space_width;
    uint16_t batch_height, batch_width;
    uint16_t block_height, block_width;
    uint16_t before_y, before_x;
    uint8_t to_batch;     /* which side is the output */
    uint8_t padding_byte; /* what paddings are made of */
} picket_space_to_batch_params_t;

typedef struct {
    uint32_t rows, depth;
    int32_t input_zero_point;
} picket_l2_normalization_params_t;

typedef struct {
    uint32_t batches, inputs, units;
    uint32_t rank;   /* filters of one unit */
    uint32_t memory; /* features that a filter remembers */
    int32_t state_multiplier_q31, output_multiplier_q31;
    int32_t state_shift, output_shift;
    int16_t input_zero_point, state_zero_point, output_zero_point;
    uint8_t wide; /* int16 state and time weights */
} picket_svdf_params_t;

/* TANH and LOGISTIC of int16. */
typedef struct {
    uint32_t elements;
    picket_sigmoid_scale_t scale;
} picket_sigmoid_params_t;

/* A layer of an LSTM gate without zero point of its output: what its sums are multiplied by. */
typedef struct {
    int32_t multiplier_q31;
    int32_t shift;
} picket_scaling_t;

/* The gates, in the order of TFLite's tensors. */
enum { PICKET_GATE_INPUT, PICKET_GATE_FORGET, PICKET_GATE_CELL, PICKET_GATE_OUTPUT, PICKET_GATE_COUNT };

/*
 * All but the sizes lies in a table: picket_scaling_t of the inputs' layer, then of the state's layer, for each gate.
 */
typedef struct {
    uint32_t batches, steps, inputs, units;
    uint32_t batch_stride, step_stride; /* of the sequences: in vectors */
    picket_scaling_t forget, update, hidden; /* of products of gates */
    picket_sigmoid_scale_t cell_scale;       /* of the cell state, for tanh */
    int16_t cell_clip;                       /* 0: none */
    int16_t input_zero_point, state_zero_point;
} picket_lstm_params_t;

#endif
