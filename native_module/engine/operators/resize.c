#include "../kernels.h"

/* Options: RESIZE_BILINEAR has two fields of the old format before its own. */
typedef struct {
    bool align_corners, half_pixel_centers;
} resize_options_t;

static picket_resize_params_t *prepare(
    picket_prepare_t *op, picket_tensor_info_t *input, picket_tensor_info_t *output, uint32_t first_field,
    resize_options_t *options) {
    enum { LIMIT = 0x7fff };
    picket_tensor_info_t size;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, input) || !picket_input_info(op, 1, &size)
        || !picket_output_info(op, 0, output) || !picket_expect_type(op, output, (int32_t)input->type)
        || !picket_expect_rank(op, input, 4) || !picket_expect_rank(op, output, 4)
        || !picket_expect_type(op, &size, PICKET_INT32) || !picket_expect_elements(op, &size, 2)
        || !picket_expect_constant(op, &size) || !picket_expect_dim(op, output, 0, input->dims[0])
        || !picket_expect_dim(op, output, 1, picket_constant_i32(op, &size, 0))
        || !picket_expect_dim(op, output, 2, picket_constant_i32(op, &size, 1))
        || !picket_expect_dim(op, output, 3, input->dims[3])) {
        return NULL;
    }
    if (input->dims[1] > LIMIT || input->dims[2] > LIMIT || output->dims[1] > LIMIT || output->dims[2] > LIMIT) {
        picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "an image is too large");
        return NULL;
    }
    options->align_corners = picket_field_u8(op->reader, &op->options, first_field, 0) != 0;
    options->half_pixel_centers = picket_field_u8(op->reader, &op->options, first_field + 1, 0) != 0;
    picket_resize_params_t *resize = (picket_resize_params_t *)picket_use_params(op, sizeof *resize);
    resize->batches = (uint32_t)input->dims[0];
    resize->channels = (uint32_t)input->dims[3];
    resize->input_height = (uint16_t)input->dims[1];
    resize->input_width = (uint16_t)input->dims[2];
    resize->output_height = (uint16_t)output->dims[1];
    resize->output_width = (uint16_t)output->dims[2];
    return resize;
}

#if PICKET_OP_RESIZE_NEAREST_NEIGHBOR
/* For each index of the output the nearest one of the input. TFLite computes with float32. */
static void nearest(uint16_t *table, int32_t input, int32_t output, const resize_options_t *options) {
    const int32_t corner = options->align_corners && output > 1 ? 1 : 0;
    const picket_real_t inputs = picket_real_from_u32((uint32_t)(input - corner));
    const picket_real_t outputs = picket_real_from_u32((uint32_t)(output - corner));
    const picket_real_t scale = picket_real_to_f32(picket_real_div(inputs, outputs));
    for (int32_t i = 0; i < output; i++) {
        const picket_real_t centre =
            picket_real_scale(picket_real_from_u32((uint32_t)(2 * i + options->half_pixel_centers)), -1);
        const picket_real_t position = picket_real_to_f32(picket_real_mul(centre, scale));
        int32_t index = 0;
        if (options->align_corners) {
            picket_real_round(position, &index);
        } else {
            picket_real_truncate(position, &index);
        }
        table[i] = (uint16_t)(index < input ? index : input - 1);
    }
}

void picket_prepare_resize_nearest_neighbor(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    resize_options_t options;
    picket_resize_params_t *resize = prepare(op, &input, &output, 0, &options);
    if (!resize) {
        return;
    }
    resize->channels *= picket_type_bytes((int32_t)input.type);
    op->kernel = PICKET_KERNEL_resize_nearest_neighbor;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
    uint16_t *table = (uint16_t *)(void *)picket_use_table(op, 2 * (uint32_t)(output.dims[1] + output.dims[2]));
    if (table) {
        nearest(table, input.dims[1], output.dims[1], &options);
        nearest(table + output.dims[1], input.dims[2], output.dims[2], &options);
    }
}
#endif

#if PICKET_OP_RESIZE_BILINEAR
/*
 * The step along one axis as q10, and half a step less half a pixel where centres are at halves; the last output must
 * lie within the input.
 */
static bool step_q10(
    picket_prepare_t *op, int32_t input, int32_t output, const resize_options_t *options, int32_t *step,
    int32_t *first) {
    const int32_t corner = options->align_corners && output > 1 ? 1 : 0;
    *step = (1024 * (input - corner) + (output - corner) / 2) / (output - corner);
    *first = options->half_pixel_centers ? *step / 2 - 512 : 0;
    return (output - 1) * *step + *first < 1024 * input
        || picket_refuse(op, PICKET_ERROR_UNSUPPORTED, "RESIZE_BILINEAR rounds a position to behind the image");
}

void picket_prepare_resize_bilinear(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    resize_options_t options;
    picket_resize_params_t *resize = prepare(op, &input, &output, 2, &options);
    if (!resize || !picket_expect_type(op, &input, PICKET_INT8) || !picket_expect_same_quantization(op, &input, &output)
        || !step_q10(op, input.dims[1], output.dims[1], &options, &resize->step_y_q10, &resize->first_y_q10)
        || !step_q10(op, input.dims[2], output.dims[2], &options, &resize->step_x_q10, &resize->first_x_q10)) {
        return;
    }
    if (options.align_corners && options.half_pixel_centers) {
        picket_refuse(op, PICKET_ERROR_INVALID, "corners can't be aligned with centres at half pixels");
        return;
    }
    op->kernel = PICKET_KERNEL_resize_bilinear_i8;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
#endif
