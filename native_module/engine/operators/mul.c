#include "../broadcast.h"
#include "../kernels.h"

enum { FIELD_ACTIVATION = 0 };

void picket_prepare_mul(picket_prepare_t *op) {
    picket_tensor_info_t first, second, output;
    picket_real_t first_scale, second_scale, output_scale;
    int32_t first_zero_point, second_zero_point, output_zero_point, min, max, shift;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &first) || !picket_input_info(op, 1, &second)
        || !picket_output_info(op, 0, &output) || !picket_expect_type(op, &first, (int32_t)picket_activation_type(&first))
        || !picket_expect_type(op, &second, (int32_t)picket_activation_type(&first))
        || !picket_expect_type(op, &output, (int32_t)picket_activation_type(&first))
        || !picket_quantization(op, &first, &first_scale, &first_zero_point)
        || !picket_quantization(op, &second, &second_scale, &second_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !picket_activation_range(
            op, picket_field_u8(op->reader, &op->options, FIELD_ACTIVATION, 0), &output, &min, &max)
        || !picket_prepare_broadcast(op, &first, &second, &output)) {
        return;
    }
    picket_mul_params_t *mul = (picket_mul_params_t *)picket_use_params(op, sizeof *mul);
    if (!picket_multiplier(
            op, picket_real_div(picket_real_mul(first_scale, second_scale), output_scale), &mul->multiplier_q31,
            &shift)) {
        return;
    }
    mul->elements = output.elements;
    mul->shift = (int8_t)shift;
    mul->first_zero_point = (int16_t)first_zero_point;
    mul->second_zero_point = (int16_t)second_zero_point;
    mul->output_zero_point = (int16_t)output_zero_point;
    mul->output_min = (int16_t)min;
    mul->output_max = (int16_t)max;
    op->kernel = PICKET_KERNEL_mul_i8;
    if (picket_activation_type(&first) == PICKET_INT16) {
        if (first_zero_point != 0 || second_zero_point != 0 || output_zero_point != 0) {
            picket_refuse(op, PICKET_ERROR_INVALID, "int16 needs zero points of 0");
        }
        op->kernel = PICKET_INT16_KERNEL(mul_i16);
    }
}
