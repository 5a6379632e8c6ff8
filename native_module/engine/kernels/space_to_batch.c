#include "../kernels.h"

/*
 * SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND of int8 and float32: pixels of the batch side in order, each with its place
 * on the space side. memory: input, output.
 */
void picket_space_to_batch(const void *params, void *const *memory) {
    const picket_space_to_batch_params_t *own = (const picket_space_to_batch_params_t *)params;
    const uint32_t pixel_bytes = own->pixel_bytes;
    uint8_t *batch = (uint8_t *)memory[own->to_batch ? 1 : 0];
    uint8_t *space = (uint8_t *)memory[own->to_batch ? 0 : 1];
    for (int32_t block_y = 0; block_y < own->block_height; block_y++) {
        for (int32_t block_x = 0; block_x < own->block_width; block_x++) {
            uint8_t *image = space;
            for (uint32_t i = 0; i < own->images; i++) {
                for (int32_t row = 0; row < own->batch_height; row++) {
                    const int32_t y = row * own->block_height + block_y - own->before_y;
                    for (int32_t column = 0; column < own->batch_width; column++, batch += pixel_bytes) {
                        const int32_t x = column * own->block_width + block_x - own->before_x;
                        const bool inside = y >= 0 && y < own->space_height && x >= 0 && x < own->space_width;
                        uint8_t *pixel = inside ? image + (uint32_t)(y * own->space_width + x) * pixel_bytes : NULL;
                        if (own->to_batch) {
                            for (uint32_t k = 0; k < pixel_bytes; k++) {
                                batch[k] = inside ? pixel[k] : own->padding_byte;
                            }
                        } else if (inside) {
                            for (uint32_t k = 0; k < pixel_bytes; k++) {
                                pixel[k] = batch[k];
                            }
                        }
                    }
                }
                image += (uint32_t)(own->space_height * own->space_width) * pixel_bytes;
            }
        }
    }
}
