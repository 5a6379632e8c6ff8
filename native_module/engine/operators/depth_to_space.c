#include "strided_copy.h"

enum { FIELD_BLOCK_SIZE = 0 };

/*
 * Check the images and the block: [batch][h][w][depth] on the deep side has blocks of block x block pixels on the flat
 * side. Returns the block's size, 0 after a fault.
 */
static int32_t check_block(picket_prepare_t *op, const picket_tensor_info_t *deep, const picket_tensor_info_t *flat) {
    const int32_t block = picket_field_i32(op->reader, &op->options, FIELD_BLOCK_SIZE, 0);
    if (block < 1 || block > 0x7fff || block * block > PICKET_MAX_ELEMENTS) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the block's size is out of range");
        return 0;
    }
    if (!picket_expect_rank(op, deep, 4) || !picket_expect_rank(op, flat, 4)
        || !picket_expect_dim(op, flat, 0, deep->dims[0])) {
        return 0;
    }
    if (flat->dims[1] % block != 0 || flat->dims[2] % block != 0 || deep->dims[3] % (block * block) != 0) {
        picket_refuse(op, PICKET_ERROR_INVALID, "the image is not made of whole blocks");
        return 0;
    }
    const bool fits = picket_expect_dim(op, deep, 1, flat->dims[1] / block)
        && picket_expect_dim(op, deep, 2, flat->dims[2] / block)
        && picket_expect_dim(op, flat, 3, deep->dims[3] / (block * block));
    return fits ? block : 0;
}

static bool read_tensors(picket_prepare_t *op, picket_tensor_info_t *input, picket_tensor_info_t *output) {
    return picket_expect_counts(op, 1, 1, 1) && picket_input_info(op, 0, input) && picket_output_info(op, 0, output)
        && picket_expect_type(op, output, (int32_t)input->type);
}

#if PICKET_OP_DEPTH_TO_SPACE
void picket_prepare_depth_to_space(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    const int32_t block = read_tensors(op, &input, &output) ? check_block(op, &input, &output) : 0;
    if (block == 0) {
        return;
    }
    const int32_t depth = output.dims[3], pixel = input.dims[3], row = input.dims[2] * pixel;
    /* The output's axes: image and row of blocks, row in the block, column of blocks, pixels of the block's row. */
    const picket_walk_t walk = {
        .rank = 4,
        .dims =
            {(uint32_t)(input.dims[0] * input.dims[1]), (uint32_t)block, (uint32_t)input.dims[2],
             (uint32_t)(block * depth)},
        .strides = {row, block * depth, pixel, 1},
    };
    picket_prepare_strided_copy(op, &input, &output, &walk);
}
#endif

#if PICKET_OP_SPACE_TO_DEPTH
void picket_prepare_space_to_depth(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    const int32_t block = read_tensors(op, &input, &output) ? check_block(op, &output, &input) : 0;
    if (block == 0) {
        return;
    }
    const int32_t depth = input.dims[3], row = input.dims[2] * depth;
    /* The output's axes: image and row of blocks, column of blocks, row in the block, pixels of the block's row. */
    const picket_walk_t walk = {
        .rank = 4,
        .dims =
            {(uint32_t)(output.dims[0] * output.dims[1]), (uint32_t)output.dims[2], (uint32_t)block,
             (uint32_t)(block * depth)},
        .strides = {block * row, block * depth, row, 1},
    };
    picket_prepare_strided_copy(op, &input, &output, &walk);
}
#endif
