#include "../kernels.h"

void picket_prepare_dequantize(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    picket_real_t scale;
    int32_t zero_point;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, PICKET_FLOAT32) || !picket_expect_same_shape(op, &output, &input)) {
        return;
    }
    if (input.type != PICKET_INT8 && input.type != PICKET_UINT8 && input.type != PICKET_INT16) {
        picket_refuse_tensor(op, &input, PICKET_ERROR_UNSUPPORTED, "DEQUANTIZE takes int8, uint8 and int16");
        return;
    }
    if (!picket_quantization(op, &input, &scale, &zero_point)) {
        return;
    }
    picket_float_params_t *dequantize = (picket_float_params_t *)picket_use_params(op, sizeof *dequantize);
    dequantize->elements = input.elements;
    dequantize->scale_bits = (uint32_t)picket_vector_i32(op->reader, &input.scales, 0);
    dequantize->zero_point = zero_point;
    dequantize->type = (uint8_t)input.type;
    op->kernel = PICKET_KERNEL_dequantize_f32;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
