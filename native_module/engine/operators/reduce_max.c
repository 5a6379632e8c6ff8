#include "reduction.h"

void picket_prepare_reduce_max(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    picket_reduce_max_params_t *reduce = (picket_reduce_max_params_t *)picket_use_params(op, sizeof *reduce);
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || (input.type != PICKET_FLOAT32 && !picket_expect_type(op, &input, PICKET_INT8))
        || !picket_prepare_reduction(op, &input, &output, &reduce->axes)
        || (input.type == PICKET_INT8 && !picket_expect_same_quantization(op, &input, &output))) {
        return;
    }
    reduce->is_float = input.type == PICKET_FLOAT32;
    op->kernel = PICKET_KERNEL_reduce_max;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
