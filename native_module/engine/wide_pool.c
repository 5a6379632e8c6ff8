#include "wide_pool.h"

#include "fixed_point.h"

/* The part of a window that lies inside the image. */
typedef struct {
    int32_t first_y, end_y, first_x, end_x;
} window_t;

static window_t window_at(const picket_pool_params_t *pool, int32_t out_y, int32_t out_x) {
    const int32_t top = out_y * pool->stride_height - pool->pad_top;
    const int32_t left = out_x * pool->stride_width - pool->pad_left;
    const int32_t bottom = top + pool->filter_height;
    const int32_t right = left + pool->filter_width;
    const window_t window = {
        top < 0 ? 0 : top, bottom < pool->input_height ? bottom : pool->input_height, left < 0 ? 0 : left,
        right < pool->input_width ? right : pool->input_width};
    return window;
}

static int32_t maximum_of(const picket_pool_params_t *pool, const window_t *window, const int16_t *image) {
    int32_t highest = INT16_MIN;
    for (int32_t y = window->first_y; y < window->end_y; y++) {
        const int16_t *pixel = image + (y * pool->input_width + window->first_x) * pool->channels;
        for (int32_t x = window->first_x; x < window->end_x; x++, pixel += pool->channels) {
            highest = *pixel > highest ? *pixel : highest;
        }
    }
    return highest;
}

/* Padding does not count; half away from zero. */
static int32_t average_of(const picket_pool_params_t *pool, const window_t *window, const int16_t *image) {
    const int32_t count = (window->end_y - window->first_y) * (window->end_x - window->first_x);
    uint32_t wrapping = 0; /* as TFLite's sum does, with more than 65,536 elements */
    for (int32_t y = window->first_y; y < window->end_y; y++) {
        const int16_t *pixel = image + (y * pool->input_width + window->first_x) * pool->channels;
        for (int32_t x = window->first_x; x < window->end_x; x++, pixel += pool->channels) {
            wrapping += (uint32_t)*pixel;
        }
    }
    const int32_t sum = (int32_t)wrapping;
    return picket_wrapping_add(sum, sum > 0 ? count / 2 : -(count / 2)) / count;
}

void picket_pool_wide(const picket_pool_params_t *pool, void *const *memory, bool maximum) {
    const int16_t *image = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[1];
    for (int32_t batch = 0; batch < pool->batches;
         batch++, image += pool->input_height * pool->input_width * pool->channels) {
        for (int32_t out_y = 0; out_y < pool->output_height; out_y++) {
            for (int32_t out_x = 0; out_x < pool->output_width; out_x++) {
                const window_t window = window_at(pool, out_y, out_x);
                for (int32_t channel = 0; channel < pool->channels; channel++) {
                    const int32_t value = maximum ? maximum_of(pool, &window, image + channel)
                                                  : average_of(pool, &window, image + channel);
                    *output++ = (int16_t)picket_clamp(value, pool->output_min, pool->output_max);
                }
            }
        }
    }
}
