#include "../fixed_point.h"
#include "../kernels.h"

/*
 * DEPTHWISE_CONV_2D, int8, any shape: the plain reference.
 *
 * memory: input [N][H][W][C], filter [1][FH][FW][C * multiplier], output [N][OH][OW][C * multiplier], channels' tables.
 */
void picket_depthwise_conv_2d_i8(const void *params, void *const *memory) {
    const picket_conv_params_t *conv = (const picket_conv_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    const int8_t *filter = (const int8_t *)memory[1];
    int8_t *output = (int8_t *)memory[2];
    const picket_channels_t channels = picket_channels(memory[3], conv->output_channels);
    const int32_t depth_multiplier = conv->filter_channels;
    const int32_t row_elements = conv->input_width * conv->input_channels;

    for (int32_t batch = 0; batch < conv->batches; batch++) {
        const int8_t *image = input + batch * conv->input_height * row_elements;
        for (int32_t out_y = 0; out_y < conv->output_height; out_y++) {
            for (int32_t out_x = 0; out_x < conv->output_width; out_x++) {
                for (int32_t channel = 0; channel < conv->output_channels; channel++) {
                    const int8_t *weights = filter + channel;
                    uint32_t sum = (uint32_t)channels.bias[channel]; /* wraps, as TFLite's does */
                    for (int32_t filter_y = 0; filter_y < conv->filter_height; filter_y++) {
                        const int32_t y =
                            out_y * conv->stride_height - conv->pad_top + filter_y * conv->dilation_height;
                        for (int32_t filter_x = 0; filter_x < conv->filter_width;
                             filter_x++, weights += conv->output_channels) {
                            const int32_t x =
                                out_x * conv->stride_width - conv->pad_left + filter_x * conv->dilation_width;
                            if (y < 0 || y >= conv->input_height || x < 0 || x >= conv->input_width) {
                                continue;
                            }
                            const int32_t value =
                                image[y * row_elements + x * conv->input_channels + channel / depth_multiplier];
                            sum += (uint32_t)(*weights * (value - conv->input_zero_point));
                        }
                    }
                    *output++ = (int8_t)picket_output_value(
                        (int32_t)sum, channels.multiplier_q31[channel], channels.shift[channel],
                        conv->output_zero_point, conv->output_min, conv->output_max);
                }
            }
        }
    }
}
