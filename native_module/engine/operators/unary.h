/* What element-wise operators of one input have in common at load. */
#ifndef PICKET_UNARY_H
#define PICKET_UNARY_H

#include "../kernels.h"

typedef struct {
    picket_tensor_info_t input, output;
    picket_real_t input_scale, output_scale;
    int32_t input_zero_point, output_zero_point;
    bool wide; /* int16 */
} picket_unary_t;

/*
 * Read input and output and check that they have one shape and type: int8, or int16 where wide_too; read their
 * quantisation, use both as the kernel's memory, in place of each other where possible. False after a fault.
 */
bool picket_prepare_unary(picket_prepare_t *op, picket_unary_t *unary, bool wide_too);

/* Check that the zero points of input and output are 0, as TFLite wants it of int16. */
bool picket_expect_symmetric(picket_prepare_t *op, const picket_unary_t *unary);

#endif
