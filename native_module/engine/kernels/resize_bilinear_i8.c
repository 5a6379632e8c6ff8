#include "../kernels.h"

/*
 * Two neighbours along an axis, as offsets, and the second one's weight as q10 (below 0 and above 1 beyond the
 * edges).
 */
typedef struct {
    int32_t low, high, weight_q10;
} neighbours_t;

static neighbours_t find(int32_t position_q10, int32_t size, int32_t step) {
    const int32_t low = position_q10 < 0 ? 0 : position_q10 >> 10;
    const int32_t above = (position_q10 + 1023) / 1024; /* towards zero, as TFLite's */
    const int32_t high = above < size ? above : size - 1;
    const neighbours_t result = {low * step, high * step, position_q10 - low * 1024};
    return result;
}

/* RESIZE_BILINEAR, int8. memory: input [N][H][W][C], output [N][OH][OW][C]. */
void picket_resize_bilinear_i8(const void *params, void *const *memory) {
    const picket_resize_params_t *resize = (const picket_resize_params_t *)params;
    const int8_t *image = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    const int32_t channels = (int32_t)resize->channels;
    const int32_t row = resize->input_width * channels;
    for (uint32_t batch = 0; batch < resize->batches; batch++, image += resize->input_height * row) {
        int32_t position_y = resize->first_y_q10;
        for (uint32_t out_y = 0; out_y < resize->output_height; out_y++, position_y += resize->step_y_q10) {
            const neighbours_t y = find(position_y, resize->input_height, row);
            int32_t position_x = resize->first_x_q10;
            for (uint32_t out_x = 0; out_x < resize->output_width; out_x++, position_x += resize->step_x_q10) {
                const neighbours_t x = find(position_x, resize->input_width, channels);
                for (const int8_t *pixel = image; pixel < image + channels; pixel++) {
                    const int32_t top =
                        pixel[y.low + x.low] * (1024 - x.weight_q10) + pixel[y.low + x.high] * x.weight_q10;
                    const int32_t bottom =
                        pixel[y.high + x.low] * (1024 - x.weight_q10) + pixel[y.high + x.high] * x.weight_q10;
                    const int32_t sum_q20 = top * (1024 - y.weight_q10) + bottom * y.weight_q10;
                    /* Half away from zero. */
                    *output++ = (int8_t)((sum_q20 + (sum_q20 > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
                }
            }
        }
    }
}
