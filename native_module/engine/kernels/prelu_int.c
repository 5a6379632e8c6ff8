#include "../broadcast.h"
#include "../elements.h"
#include "../fixed_point.h"
#include "../kernels.h"

/*
 * PRELU, int8 or int16 with an alpha of int8. memory: input, alpha, output, broadcast or NULL. Works in place of an
 * input of the output's shape and type.
 */
void picket_prelu_int(const void *params, void *const *memory) {
    const picket_leaky_relu_params_t *prelu = (const picket_leaky_relu_params_t *)params;
    const bool wide = prelu->wide;
    const int8_t *alphas = (const int8_t *)memory[1];
    picket_rows_t rows;
    picket_first_row(&rows, (const picket_broadcast_t *)memory[3], prelu->elements);
    do {
        uint32_t first = rows.first;
        uint32_t second = rows.second;
        for (uint32_t i = 0; i < rows.count; i++, first += rows.first_stride, second += rows.second_stride) {
            const int32_t input = picket_element(memory[0], first, wide) - prelu->input_zero_point;
            int32_t value;
            if (input >= 0) {
                value = picket_requantize(input, prelu->positive_multiplier_q31, prelu->positive_shift);
            } else {
                value = picket_requantize(
                    input * (alphas[second] - prelu->alpha_zero_point), prelu->negative_multiplier_q31,
                    prelu->negative_shift);
            }
            value = picket_wrapping_add(value, prelu->output_zero_point);
            picket_put_element(
                memory[2], rows.output + i, wide,
                picket_clamp(value, picket_lowest_element(wide), picket_highest_element(wide)));
        }
    } while (picket_next_row(&rows));
}
