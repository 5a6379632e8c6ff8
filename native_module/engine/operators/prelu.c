#include "../broadcast.h"
#include "../kernels.h"

void picket_prepare_prelu(picket_prepare_t *op) {
    picket_tensor_info_t input, alpha, output;
    picket_real_t input_scale, alpha_scale, output_scale;
    int32_t input_zero_point, alpha_zero_point, output_zero_point, positive_shift, negative_shift;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &alpha)
        || !picket_output_info(op, 0, &output)) {
        return;
    }
    const bool wide = input.type == PICKET_INT16;
    if ((!wide && !picket_expect_type(op, &input, PICKET_INT8)) || !picket_expect_type(op, &alpha, PICKET_INT8)
        || !picket_expect_type(op, &output, (int32_t)input.type)
        || !picket_quantization(op, &input, &input_scale, &input_zero_point)
        || !picket_quantization(op, &alpha, &alpha_scale, &alpha_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !picket_prepare_broadcast(op, &input, &alpha, &output)) {
        return;
    }
    picket_leaky_relu_params_t *prelu = (picket_leaky_relu_params_t *)picket_use_params(op, sizeof *prelu);
    if (!picket_multiplier(
            op, picket_real_div(input_scale, output_scale), &prelu->positive_multiplier_q31, &positive_shift)
        || !picket_multiplier(
            op, picket_real_div(picket_real_mul(input_scale, alpha_scale), output_scale),
            &prelu->negative_multiplier_q31, &negative_shift)) {
        return;
    }
    prelu->elements = output.elements;
    prelu->positive_shift = (int8_t)positive_shift;
    prelu->negative_shift = (int8_t)negative_shift;
    prelu->input_zero_point = (int16_t)input_zero_point;
    prelu->alpha_zero_point = (int16_t)alpha_zero_point;
    prelu->output_zero_point = (int16_t)output_zero_point;
    prelu->wide = wide;
    op->kernel = PICKET_KERNEL_prelu_int;
}
