#include "../kernels.h"

enum {
    FIELD_PADDING = 0,
    FIELD_STRIDE_WIDTH = 1,
    FIELD_STRIDE_HEIGHT = 2,
    FIELD_FILTER_WIDTH = 3,
    FIELD_FILTER_HEIGHT = 4,
    FIELD_ACTIVATION = 5
};

/* wide_kernel is that of int16. */
static void prepare_pool(picket_prepare_t *op, uint8_t kernel, uint8_t wide_kernel) {
    picket_reader_t *reader = op->reader;
    picket_tensor_info_t input, output;
    if (!picket_expect_counts(op, 1, 1, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &input, (int32_t)picket_activation_type(&input))
        || !picket_expect_type(op, &output, (int32_t)picket_activation_type(&input))
        || !picket_expect_rank(op, &input, 4) || !picket_expect_rank(op, &output, 4)
        || !picket_expect_dim(op, &output, 0, input.dims[0]) || !picket_expect_dim(op, &output, 3, input.dims[3])
        || !picket_expect_same_quantization(op, &input, &output)) {
        return;
    }
    if (input.dims[0] > 0x7fff || input.dims[3] > 0x7fff) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "too many channels or images");
        return;
    }
    const uint32_t padding = picket_field_u8(reader, &op->options, FIELD_PADDING, 0);
    const int32_t stride_height = picket_field_i32(reader, &op->options, FIELD_STRIDE_HEIGHT, 0);
    const int32_t stride_width = picket_field_i32(reader, &op->options, FIELD_STRIDE_WIDTH, 0);
    const int32_t filter_height = picket_field_i32(reader, &op->options, FIELD_FILTER_HEIGHT, 0);
    const int32_t filter_width = picket_field_i32(reader, &op->options, FIELD_FILTER_WIDTH, 0);
    const uint32_t activation = picket_field_u8(reader, &op->options, FIELD_ACTIVATION, 0);
    int32_t top, left, min, max;
    if (picket_failed(reader)
        || !picket_window(op, padding, input.dims[1], filter_height, stride_height, 1, output.dims[1], &top)
        || !picket_window(op, padding, input.dims[2], filter_width, stride_width, 1, output.dims[2], &left)
        || !picket_activation_range(op, activation, &output, &min, &max)) {
        return;
    }
    picket_pool_params_t *pool = (picket_pool_params_t *)picket_use_params(op, sizeof *pool);
    pool->batches = (uint16_t)input.dims[0];
    pool->input_height = (uint16_t)input.dims[1];
    pool->input_width = (uint16_t)input.dims[2];
    pool->channels = (uint16_t)input.dims[3];
    pool->output_height = (uint16_t)output.dims[1];
    pool->output_width = (uint16_t)output.dims[2];
    pool->filter_height = (uint16_t)filter_height;
    pool->filter_width = (uint16_t)filter_width;
    pool->stride_height = (uint16_t)stride_height;
    pool->stride_width = (uint16_t)stride_width;
    pool->pad_top = (uint16_t)top;
    pool->pad_left = (uint16_t)left;
    pool->output_min = (int16_t)min;
    pool->output_max = (int16_t)max;
    op->kernel = picket_activation_type(&input) == PICKET_INT16 ? wide_kernel : kernel;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}

#if PICKET_OP_AVERAGE_POOL_2D
void picket_prepare_average_pool_2d(picket_prepare_t *op) {
    prepare_pool(op, PICKET_KERNEL_average_pool_2d_i8, PICKET_INT16_KERNEL(average_pool_2d_i16));
}
#endif

#if PICKET_OP_MAX_POOL_2D
void picket_prepare_max_pool_2d(picket_prepare_t *op) {
    prepare_pool(op, PICKET_KERNEL_max_pool_2d_i8, PICKET_INT16_KERNEL(max_pool_2d_i16));
}
#endif
