#include "../kernels.h"

/* The same elements in another shape. The shape that a second input may give is the output's, which the file fixes. */
void picket_prepare_reshape(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    if (!picket_expect_counts(op, 1, 2, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, (int32_t)input.type)
        || !picket_expect_elements(op, &output, input.elements)) {
        return;
    }
    picket_in_place(op, &input, &output);
    picket_copy_params_t *copy = (picket_copy_params_t *)picket_use_params(op, sizeof *copy);
    copy->bytes = input.bytes;
    op->kernel = PICKET_KERNEL_copy;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
