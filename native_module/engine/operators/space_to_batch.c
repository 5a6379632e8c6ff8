#include "../kernels.h"

/* Sizes along one axis of the image. */
typedef struct {
    int32_t block, before;
} blocks_t;

/*
 * Read the blocks and the margins (paddings or crops) of one axis and check that the space side with its margins is as
 * long as so many blocks. Images of three dimensions have one pixel in the second axis.
 */
static bool read_axis(
    picket_prepare_t *op, const picket_tensor_info_t *blocks, const picket_tensor_info_t *margins, uint32_t axis,
    int32_t space, int32_t batch, blocks_t *result) {
    enum { LIMIT = 0x7fff };
    result->block = 1;
    result->before = 0;
    int32_t after = 0;
    if (axis < blocks->elements) {
        result->block = picket_constant_i32(op, blocks, axis);
        result->before = picket_constant_i32(op, margins, 2 * axis);
        after = picket_constant_i32(op, margins, 2 * axis + 1);
    }
    if (result->block < 1 || result->block > LIMIT || result->before < 0 || result->before > LIMIT || after < 0
        || after > LIMIT || space > LIMIT || batch > LIMIT) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "a block, margin or image has a size out of range");
    }
    return result->before + space + after == batch * result->block
        || picket_refuse(op, PICKET_ERROR_INVALID, "the image and its margins are not made of whole blocks");
}

static void prepare(picket_prepare_t *op, bool to_batch) {
    picket_tensor_info_t input, blocks, margins, output;
    if (!picket_expect_counts(op, 3, 3, 1) || !picket_input_info(op, 0, &input) || !picket_input_info(op, 1, &blocks)
        || !picket_input_info(op, 2, &margins) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &output, (int32_t)input.type) || !picket_expect_type(op, &blocks, PICKET_INT32)
        || !picket_expect_type(op, &margins, PICKET_INT32) || !picket_expect_constant(op, &blocks)
        || !picket_expect_constant(op, &margins) || !picket_expect_rank(op, &output, input.rank)) {
        return;
    }
    if (input.rank != 3 && !picket_expect_rank(op, &input, 4)) {
        return;
    }
    const int32_t spatial = input.rank - 2;
    const int32_t channels_axis = input.rank - 1;
    if (!picket_expect_elements(op, &blocks, (uint32_t)spatial)
        || !picket_expect_elements(op, &margins, 2 * (uint32_t)spatial)
        || !picket_expect_dim(op, &output, channels_axis, input.dims[channels_axis])) {
        return;
    }
    const picket_tensor_info_t *space = to_batch ? &input : &output;
    const picket_tensor_info_t *batch = to_batch ? &output : &input;
    const int32_t space_width = spatial == 2 ? space->dims[2] : 1;
    const int32_t batch_width = spatial == 2 ? batch->dims[2] : 1;
    blocks_t y, x;
    if (!read_axis(op, &blocks, &margins, 0, space->dims[1], batch->dims[1], &y)
        || !read_axis(op, &blocks, &margins, 1, space_width, batch_width, &x)) {
        return;
    }
    if (y.block * x.block > PICKET_MAX_ELEMENTS / space->dims[0]
        || !picket_expect_dim(op, batch, 0, space->dims[0] * y.block * x.block)) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the number of images is not the number of places in a block");
        return;
    }
    picket_real_t scale;
    int32_t zero_point = 0; /* what paddings are made of */
    if (input.type == PICKET_INT8 ? !picket_quantization(op, &output, &scale, &zero_point)
                                  : !picket_expect_type(op, &input, PICKET_FLOAT32)) {
        return;
    }
    picket_space_to_batch_params_t *own = (picket_space_to_batch_params_t *)picket_use_params(op, sizeof *own);
    own->images = (uint32_t)space->dims[0];
    own->pixel_bytes = (uint32_t)input.dims[channels_axis] * picket_type_bytes((int32_t)input.type);
    own->space_height = (uint16_t)space->dims[1];
    own->space_width = (uint16_t)space_width;
    own->batch_height = (uint16_t)batch->dims[1];
    own->batch_width = (uint16_t)batch_width;
    own->block_height = (uint16_t)y.block;
    own->block_width = (uint16_t)x.block;
    own->before_y = (uint16_t)y.before;
    own->before_x = (uint16_t)x.before;
    own->to_batch = to_batch;
    own->padding_byte = (uint8_t)(zero_point & 0xff);
    op->kernel = PICKET_KERNEL_space_to_batch;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}

#if PICKET_OP_SPACE_TO_BATCH_ND
void picket_prepare_space_to_batch_nd(picket_prepare_t *op) {
    prepare(op, true);
}
#endif

#if PICKET_OP_BATCH_TO_SPACE_ND
void picket_prepare_batch_to_space_nd(picket_prepare_t *op) {
    prepare(op, false);
}
#endif
