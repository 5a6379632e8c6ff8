#include "../kernels.h"

/* Tensors and quantisation of an element-wise operator from int8 to int8, or int16 to int16; the kernel may work in
 * place. */
static picket_rescale_params_t *prepare_relu(
    picket_prepare_t *op, picket_real_t *input_scale, picket_real_t *output_scale) {
    picket_tensor_info_t input, output;
    int32_t input_zero_point, output_zero_point;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &input, (int32_t)picket_activation_type(&input))
        || !picket_expect_type(op, &output, (int32_t)picket_activation_type(&input))
        || !picket_expect_same_shape(op, &output, &input)
        || !picket_quantization(op, &input, input_scale, &input_zero_point)
        || !picket_quantization(op, &output, output_scale, &output_zero_point)) {
        return NULL;
    }
    picket_rescale_params_t *relu = (picket_rescale_params_t *)picket_use_params(op, sizeof *relu);
    relu->elements = input.elements;
    relu->input_zero_point = (int16_t)input_zero_point;
    relu->output_zero_point = (int16_t)output_zero_point;
    relu->output_max = INT8_MAX;
    op->kernel = PICKET_KERNEL_relu_i8;
    if (picket_activation_type(&input) == PICKET_INT16) {
        relu->output_max = INT16_MAX;
        op->kernel = PICKET_INT16_KERNEL(relu_i16);
    }
    picket_in_place(op, &input, &output);
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
    return relu;
}

#if PICKET_OP_RELU
void picket_prepare_relu(picket_prepare_t *op) {
    picket_real_t input_scale, output_scale;
    picket_rescale_params_t *relu = prepare_relu(op, &input_scale, &output_scale);
    int32_t shift;
    if (relu && picket_multiplier(op, picket_real_div(input_scale, output_scale), &relu->multiplier_q31, &shift)) {
        relu->shift = (int16_t)shift;
        relu->output_min = relu->output_zero_point;
        if (relu->multiplier_q31 == 0) {
            picket_refuse(op, PICKET_ERROR_INVALID, "the scales are too far apart");
        }
    }
}
#endif

#if PICKET_OP_RELU6
/* TFLite Micro's RELU6 only clamps: it takes the output's quantisation to be the input's. */
void picket_prepare_relu6(picket_prepare_t *op) {
    picket_real_t input_scale, output_scale;
    picket_rescale_params_t *relu = prepare_relu(op, &input_scale, &output_scale);
    int32_t six;
    if (relu) {
        relu->output_min = relu->input_zero_point;
        if (picket_real_round(picket_real_to_f32(picket_real_div(picket_real_from_u32(6), input_scale)), &six)
            && six < relu->output_max - relu->input_zero_point) {
            relu->output_max = (int16_t)(relu->input_zero_point + six);
        }
    }
}
#endif
