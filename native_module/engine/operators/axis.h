/* Operators that work along one axis: reading the axis, and the elements around it. */
#ifndef PICKET_AXIS_H
#define PICKET_AXIS_H

#include "../kernels.h"

/*
 * Bring an axis that may count from the end (-1 is the last) into 0 <= axis < rank; a fault where it is out of range.
 */
bool picket_resolve_axis(picket_prepare_t *op, int32_t rank, int32_t *axis);

/* The same of a constant int32 tensor of one element. */
bool picket_constant_axis(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t rank, int32_t *axis);

/* Products of the dimensions before and behind an axis. */
uint32_t picket_elements_before(const picket_tensor_info_t *tensor, int32_t axis);
uint32_t picket_elements_behind(const picket_tensor_info_t *tensor, int32_t axis);

#endif
