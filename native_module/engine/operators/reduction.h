/* What operators that reduce axes have in common at load. */
#ifndef PICKET_REDUCTION_H
#define PICKET_REDUCTION_H

#include "../kernels.h"

/*
 * Check the axes (the second input), the output's shape and that both types are equal, and sort the axes into kept and
 * reduced ones. Returns false after a fault.
 */
bool picket_prepare_reduction(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output,
    picket_reduction_t *reduction);

#endif
