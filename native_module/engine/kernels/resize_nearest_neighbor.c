#include "../kernels.h"

/*
 * RESIZE_NEAREST_NEIGHBOR of any type. memory: input, output, table: uint16_t input row of each output row, then
 * columns.
 */
void picket_resize_nearest_neighbor(const void *params, void *const *memory) {
    const picket_resize_params_t *resize = (const picket_resize_params_t *)params;
    const uint8_t *image = (const uint8_t *)memory[0];
    uint8_t *output = (uint8_t *)memory[1];
    const uint16_t *rows = (const uint16_t *)memory[2];
    const uint16_t *columns = rows + resize->output_height;
    const uint32_t pixel_bytes = resize->channels;
    const uint32_t row_bytes = resize->input_width * pixel_bytes;
    for (uint32_t batch = 0; batch < resize->batches; batch++, image += resize->input_height * row_bytes) {
        for (uint32_t y = 0; y < resize->output_height; y++) {
            for (uint32_t x = 0; x < resize->output_width; x++) {
                const uint8_t *pixel = image + rows[y] * row_bytes + columns[x] * pixel_bytes;
                for (uint32_t i = 0; i < pixel_bytes; i++) {
                    *output++ = pixel[i];
                }
            }
        }
    }
}
