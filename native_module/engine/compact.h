/*
 * The layers with weights in the smallest builds (-DPICKET_COMPACT=1): one kernel for each, for any shape and any
 * numbers, which works on four outputs at a time. About twice as many instructions as the fast kernels, in a fifth of
 * their code.
 */
#ifndef PICKET_COMPACT_H
#define PICKET_COMPACT_H

#include <stdbool.h>

#include "kernels.h"

/* What makes outputs of sums of products, and where the weights lie. */
typedef struct {
    picket_channels_t channels; /* bias may be NULL */
    uint32_t channel_step;      /* 1, or 0 where all channels have one multiplier and one shift */
    uint32_t channel_count;
    uint32_t group;             /* channels that have their inputs in common; */
    int32_t group_inputs;       /* how far these lie from those of the group before */
    bool is_single;             /* or each channel has one input of its own, and so many weights: runs of one */
    int32_t weight_step;        /* from one channel's weights to the next one's */
    int32_t input_zero_point, output_zero_point;
    int32_t output_min, output_max;
} picket_compact_layer_t;

/* The weights of channel 0 and the inputs of group 0 under one output pixel: rows of columns of run elements each. */
typedef struct {
    const int8_t *weights, *inputs;
    int32_t rows, columns, run;
    int32_t weight_row, weight_column; /* distances in elements */
    int32_t input_row, input_column;
} picket_compact_window_t;

enum { PICKET_COMPACT_BLOCK = 4 };

/*
 * Add the products of one run of inputs to the sums of four channels, which wrap, as TFLite's do.
 *
 * weights  of the first channel
 * steps    from there to the others' weights
 */
void picket_compact_products(
    const int8_t *weights, const int32_t *steps, const int8_t *inputs, int32_t run, int32_t zero_point,
    uint32_t *sums);

/* The same for a window's runs of one, where each channel has an input of its own, as far from the first one's as its
 * weight. */
void picket_compact_single_products(
    const picket_compact_window_t *window, const int8_t *weights, const int32_t *steps, const int8_t *inputs,
    int32_t zero_point, uint32_t *sums);

/* All outputs of one pixel. Returns where the next pixel's outputs go. */
int8_t *picket_compact_pixel(
    const picket_compact_layer_t *layer, const picket_compact_window_t *window, int8_t *output);

/* The same convolutions as picket_convolve_plain. */
void picket_convolve_compact(const picket_conv_params_t *conv, void *const *memory, bool depthwise);

#endif
