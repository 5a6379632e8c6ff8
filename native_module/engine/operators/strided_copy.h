/*
 * Operators that only move elements: each element of the output, in order, is one of the input whose place is a sum of
 * the output's indexes times strides.
 */
#ifndef PICKET_STRIDED_COPY_H
#define PICKET_STRIDED_COPY_H

#include "../kernels.h"

/* The output's axes, outermost first, as the operator sees them (they may be more than the tensor has, or split). */
typedef struct {
    uint32_t rank;
    uint32_t dims[PICKET_MAX_RANK];
    int32_t strides[PICKET_MAX_RANK]; /* elements of the input from one index to the next */
    uint32_t offset;                  /* element of the input at index 0 of all axes */
} picket_walk_t;

/* Strides of a tensor's own axes, in elements. */
void picket_strides(const picket_tensor_info_t *tensor, int32_t *strides);

/*
 * Use input and output, which have one type, and the kernel that copies along the walk. The walk must stay within the
 * input and have as many steps as the output has elements.
 */
void picket_prepare_strided_copy(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output,
    const picket_walk_t *walk);

#endif
