#include "../kernels.h"

static bool is_small_integer(const picket_tensor_info_t *tensor) {
    return tensor->type == PICKET_INT8 || tensor->type == PICKET_INT16 || tensor->type == PICKET_UINT8;
}

static void prepare_from_float(picket_prepare_t *op, const picket_tensor_info_t *output, int32_t zero_point) {
    if (output->type == PICKET_UINT8) {
        picket_refuse_tensor(op, output, PICKET_ERROR_UNSUPPORTED, "QUANTIZE from float32 gives int8 or int16");
        return;
    }
    picket_float_params_t *quantize = (picket_float_params_t *)picket_use_params(op, sizeof *quantize);
    quantize->elements = output->elements;
    quantize->scale_bits = (uint32_t)picket_vector_i32(op->reader, &output->scales, 0);
    quantize->zero_point = zero_point;
    quantize->type = (uint8_t)output->type;
    op->kernel = PICKET_KERNEL_quantize_f32;
}

static void prepare_from_integer(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output,
    picket_real_t output_scale, int32_t output_zero_point) {
    picket_real_t input_scale;
    int32_t input_zero_point, shift;
    picket_rescale_params_t *rescale = (picket_rescale_params_t *)picket_use_params(op, sizeof *rescale);
    if (!picket_quantization(op, input, &input_scale, &input_zero_point)
        || !picket_multiplier(op, picket_real_div(input_scale, output_scale), &rescale->multiplier_q31, &shift)) {
        return;
    }
    rescale->elements = output->elements;
    rescale->shift = (int16_t)shift;
    rescale->input_zero_point = (int16_t)input_zero_point;
    rescale->output_zero_point = (int16_t)output_zero_point;
    rescale->output_min = output->type == PICKET_INT16 ? INT16_MIN : output->type == PICKET_INT8 ? INT8_MIN : 0;
    rescale->output_max = output->type == PICKET_INT16 ? INT16_MAX : output->type == PICKET_INT8 ? INT8_MAX : UINT8_MAX;
    rescale->input_type = (uint8_t)input->type;
    rescale->output_type = (uint8_t)output->type;
    op->kernel = PICKET_KERNEL_quantize_int;
    picket_in_place(op, input, output);
}

void picket_prepare_quantize(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    picket_real_t scale;
    int32_t zero_point;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_same_shape(op, &output, &input)) {
        return;
    }
    if (!is_small_integer(&output) || !(is_small_integer(&input) || input.type == PICKET_FLOAT32)) {
        picket_refuse(
            op, PICKET_ERROR_UNSUPPORTED, "QUANTIZE goes from float32, int8, uint8 or int16 to int8, uint8 or int16");
        return;
    }
    if (!picket_quantization(op, &output, &scale, &zero_point)) {
        return;
    }
    if (input.type == PICKET_FLOAT32) {
        prepare_from_float(op, &output, zero_point);
    } else {
        prepare_from_integer(op, &input, &output, scale, zero_point);
    }
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
