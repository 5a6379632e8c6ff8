#include "unary.h"

void picket_prepare_l2_normalization(picket_prepare_t *op) {
    enum { FIELD_ACTIVATION = 0, MAX_DEPTH = 33025 }; /* so that a sum of squares stays below 2^31 */
    picket_unary_t unary;
    if (!picket_prepare_unary(op, &unary, false)) {
        return;
    }
    const picket_tensor_info_t *input = &unary.input;
    if (picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0) != 0) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "L2_NORMALIZATION with an activation is not supported");
        return;
    }
    if (input->rank < 1 || input->dims[input->rank - 1] > MAX_DEPTH) {
        picket_refuse_tensor(op, input, PICKET_ERROR_UNSUPPORTED, "L2_NORMALIZATION over more than 33025 values");
        return;
    }
    picket_l2_normalization_params_t *own = (picket_l2_normalization_params_t *)picket_use_params(op, sizeof *own);
    own->depth = (uint32_t)input->dims[input->rank - 1];
    own->rows = input->elements / own->depth;
    own->input_zero_point = unary.input_zero_point;
    op->kernel = PICKET_KERNEL_l2_normalization_i8;
}
