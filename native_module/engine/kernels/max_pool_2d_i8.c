#include "../fixed_point.h"
#include "../kernels.h"

/* MAX_POOL_2D, int8. memory: input [N][H][W][C], output [N][OH][OW][C]. */
void picket_max_pool_2d_i8(const void *params, void *const *memory) {
    const picket_pool_params_t *pool = (const picket_pool_params_t *)params;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    const int32_t channels = pool->channels;

    for (int32_t batch = 0; batch < pool->batches;
         batch++, image += pool->input_height * pool->input_width * channels) {
        for (int32_t out_y = 0; out_y < pool->output_height; out_y++) {
            const int32_t top = out_y * pool->stride_height - pool->pad_top;
            const int32_t first_y = top < 0 ? 0 : top;
            const int32_t end_y =
                top + pool->filter_height < pool->input_height ? top + pool->filter_height : pool->input_height;
            for (int32_t out_x = 0; out_x < pool->output_width; out_x++) {
                const int32_t left = out_x * pool->stride_width - pool->pad_left;
                const int32_t first_x = left < 0 ? 0 : left;
                const int32_t end_x =
                    left + pool->filter_width < pool->input_width ? left + pool->filter_width : pool->input_width;
                for (int32_t channel = 0; channel < channels; channel++) {
                    int32_t highest = INT8_MIN;
                    for (int32_t y = first_y; y < end_y; y++) {
                        const int8_t *pixel = image + (y * pool->input_width + first_x) * channels + channel;
                        for (int32_t x = first_x; x < end_x; x++, pixel += channels) {
                            highest = *pixel > highest ? *pixel : highest;
                        }
                    }
                    *output++ = (int8_t)picket_clamp(highest, pool->output_min, pool->output_max);
                }
            }
        }
    }
}
