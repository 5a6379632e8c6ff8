#include "../broadcast.h"
#include "../kernels.h"

static void prepare(picket_prepare_t *op, bool is_minimum) {
    picket_tensor_info_t first, second, output;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &first) || !picket_input_info(op, 1, &second)
        || !picket_output_info(op, 0, &output) || !picket_expect_type(op, &first, (int32_t)output.type)
        || !picket_expect_type(op, &second, (int32_t)output.type)) {
        return;
    }
    if (output.type == PICKET_INT8 || output.type == PICKET_INT16) {
        if (!picket_expect_same_quantization(op, &first, &output)
            || !picket_expect_same_quantization(op, &second, &output)) {
            return;
        }
    } else if (output.type != PICKET_INT32 && output.type != PICKET_FLOAT32) {
        picket_refuse_tensor(
            op, &output, PICKET_ERROR_UNSUPPORTED, "MAXIMUM and MINIMUM take int8, int16, int32 and float32");
        return;
    }
    if (!picket_prepare_broadcast(op, &first, &second, &output)) {
        return;
    }
    picket_maximum_minimum_params_t *own =
        (picket_maximum_minimum_params_t *)picket_use_params(op, sizeof(picket_maximum_minimum_params_t));
    own->elements = output.elements;
    own->type = (uint8_t)output.type;
    own->is_minimum = is_minimum;
    op->kernel = PICKET_KERNEL_maximum_minimum;
}

#if PICKET_OP_MAXIMUM
void picket_prepare_maximum(picket_prepare_t *op) {
    prepare(op, false);
}
#endif

#if PICKET_OP_MINIMUM
void picket_prepare_minimum(picket_prepare_t *op) {
    prepare(op, true);
}
#endif
