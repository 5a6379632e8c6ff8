#include "../kernels.h"

enum { FIELD_RANK = 0 };

typedef struct {
    picket_tensor_info_t input, feature_weights, time_weights, bias, state, output;
} svdf_t;

static bool read_tensors(picket_prepare_t *op, svdf_t *svdf) {
    if (!picket_expect_counts(op, 5, 5, 1) || !picket_input_info(op, 0, &svdf->input)
        || !picket_input_info(op, 1, &svdf->feature_weights) || !picket_input_info(op, 2, &svdf->time_weights)
        || !picket_input_info(op, 3, &svdf->bias) || !picket_state_info(op, 4, &svdf->state)
        || !picket_output_info(op, 0, &svdf->output) || !picket_expect_type(op, &svdf->input, PICKET_INT8)
        || !picket_expect_type(op, &svdf->feature_weights, PICKET_INT8)
        || !picket_expect_type(op, &svdf->bias, PICKET_INT32) || !picket_expect_type(op, &svdf->output, PICKET_INT8)
        || (svdf->time_weights.type != PICKET_INT16 && !picket_expect_type(op, &svdf->time_weights, PICKET_INT8))
        || !picket_expect_type(op, &svdf->state, (int32_t)svdf->time_weights.type)) {
        return false;
    }
    return picket_expect_constant(op, &svdf->feature_weights) && picket_expect_constant(op, &svdf->time_weights)
        && picket_expect_constant(op, &svdf->bias);
}

/* Shapes: [batch][inputs], [filters][inputs], [filters][memory], [units], [batch][filters * memory], [batch][units]. */
static bool check_shapes(picket_prepare_t *op, const svdf_t *svdf, int32_t rank) {
    if (!picket_expect_rank(op, &svdf->input, 2) || !picket_expect_rank(op, &svdf->feature_weights, 2)
        || !picket_expect_rank(op, &svdf->time_weights, 2) || !picket_expect_rank(op, &svdf->state, 2)
        || !picket_expect_rank(op, &svdf->output, 2)) {
        return false;
    }
    const int32_t filters = svdf->feature_weights.dims[0];
    if (rank < 1 || filters % rank != 0) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "the rank does not divide the number of filters");
    }
    const int32_t units = filters / rank;
    return picket_expect_dim(op, &svdf->feature_weights, 1, svdf->input.dims[1])
        && picket_expect_dim(op, &svdf->time_weights, 0, filters)
        && picket_expect_elements(op, &svdf->bias, (uint32_t)units)
        && picket_expect_dim(op, &svdf->state, 0, svdf->input.dims[0])
        && picket_expect_dim(op, &svdf->state, 1, (int32_t)svdf->time_weights.elements)
        && picket_expect_dim(op, &svdf->output, 0, svdf->input.dims[0])
        && picket_expect_dim(op, &svdf->output, 1, units);
}

void picket_prepare_svdf(picket_prepare_t *op) {
    svdf_t svdf;
    picket_real_t input_scale, feature_scale, time_scale, state_scale, output_scale;
    int32_t input_zero_point, state_zero_point, output_zero_point;
    const int32_t rank = picket_field_i32(op->reader, &op->options, FIELD_RANK, 0);
    if (!read_tensors(op, &svdf) || !check_shapes(op, &svdf, rank)
        || !picket_quantization(op, &svdf.input, &input_scale, &input_zero_point)
        || !picket_quantization(op, &svdf.state, &state_scale, &state_zero_point)
        || !picket_quantization(op, &svdf.output, &output_scale, &output_zero_point)
        || !picket_channel_scale(op, &svdf.feature_weights, 0, &feature_scale)
        || !picket_channel_scale(op, &svdf.time_weights, 0, &time_scale)) {
        return;
    }
    picket_svdf_params_t *params = (picket_svdf_params_t *)picket_use_params(op, sizeof *params);
    const picket_real_t to_state = picket_real_div(picket_real_mul(input_scale, feature_scale), state_scale);
    const picket_real_t to_output = picket_real_div(picket_real_mul(state_scale, time_scale), output_scale);
    if (!picket_multiplier(op, to_state, &params->state_multiplier_q31, &params->state_shift)
        || !picket_multiplier(op, to_output, &params->output_multiplier_q31, &params->output_shift)) {
        return;
    }
    params->batches = (uint32_t)svdf.input.dims[0];
    params->inputs = (uint32_t)svdf.input.dims[1];
    params->units = (uint32_t)svdf.output.dims[1];
    params->rank = (uint32_t)rank;
    params->memory = (uint32_t)svdf.time_weights.dims[1];
    params->input_zero_point = (int16_t)input_zero_point;
    params->state_zero_point = (int16_t)state_zero_point;
    params->output_zero_point = (int16_t)output_zero_point;
    params->wide = svdf.state.type == PICKET_INT16;
    op->kernel = PICKET_KERNEL_svdf_i8;
    picket_use_tensor(op, &svdf.input);
    picket_use_tensor(op, &svdf.feature_weights);
    picket_use_tensor(op, &svdf.time_weights);
    picket_use_tensor(op, &svdf.bias);
    picket_use_tensor(op, &svdf.state);
    picket_use_tensor(op, &svdf.output);
}
