/*
 * Broadcasting: two inputs of different shapes that are combined element by element, walked row by row.
 */
#ifndef PICKET_BROADCAST_H
#define PICKET_BROADCAST_H

#include "model.h"

/* The shape of the output without needless axes, innermost last, and by how many elements each input advances along
 * them (0 where it repeats). */
typedef struct {
    uint32_t rank;
    uint32_t dims[PICKET_MAX_RANK];
    uint32_t first_stride[PICKET_MAX_RANK];
    uint32_t second_stride[PICKET_MAX_RANK];
} picket_broadcast_t;

/* One row: count outputs from where the inputs' offsets say, with strides of 0 or 1. */
typedef struct {
    const picket_broadcast_t *shape;
    uint32_t index[PICKET_MAX_RANK];
    uint32_t first, second, output; /* offsets in elements */
    uint32_t first_stride, second_stride;
    uint32_t count;
} picket_rows_t;

/*
 * At load: check that the shapes fit, use both inputs and the output and, where the shapes differ, a table with the
 * broadcast (otherwise nothing) as the kernel's memory, and let the output take the place of an input of the same
 * shape. Returns whether all is well.
 */
bool picket_prepare_broadcast(
    picket_prepare_t *op, const picket_tensor_info_t *first, const picket_tensor_info_t *second,
    const picket_tensor_info_t *output);

/* At run time: the first row. shape NULL means one row of so many elements. */
void picket_first_row(picket_rows_t *rows, const picket_broadcast_t *shape, uint32_t elements);

/* Go on to the next row; false after the last. */
bool picket_next_row(picket_rows_t *rows);

#endif
