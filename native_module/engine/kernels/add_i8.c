#include "../broadcast.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* ADD, int8. memory: first input, second input, output, broadcast or NULL. Works in place of an input of the output's
 * shape. */
void picket_add_i8(const void *params, void *const *memory) {
    enum { LEFT_SHIFT = 20 };
    const picket_add_params_t *add = (const picket_add_params_t *)params;
    picket_rows_t rows;
    picket_first_row(&rows, (const picket_broadcast_t *)memory[3], add->elements);
    do {
        const int8_t *first = (const int8_t *)memory[0] + rows.first;
        const int8_t *second = (const int8_t *)memory[1] + rows.second;
        int8_t *output = (int8_t *)memory[2] + rows.output;
        for (uint32_t i = 0; i < rows.count; i++, first += rows.first_stride, second += rows.second_stride) {
            const int32_t a = (*first - add->first_zero_point) * (1 << LEFT_SHIFT);
            const int32_t b = (*second - add->second_zero_point) * (1 << LEFT_SHIFT);
            const int32_t sum = picket_requantize(a, add->first_multiplier_q31, add->first_shift)
                + picket_requantize(b, add->second_multiplier_q31, add->second_shift);
            output[i] = (int8_t)picket_output_value(
                sum, add->output_multiplier_q31, add->output_shift, add->output_zero_point, add->output_min,
                add->output_max);
        }
    } while (picket_next_row(&rows));
}
