#include "../broadcast.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* MUL, int16 with zero points of 0. memory: first input, second input, output, broadcast or NULL. Works in place of an
 * input of the output's shape. */
void picket_mul_i16(const void *params, void *const *memory) {
    const picket_mul_params_t *mul = (const picket_mul_params_t *)params;
    picket_rows_t rows;
    picket_first_row(&rows, (const picket_broadcast_t *)memory[3], mul->elements);
    do {
        const int16_t *first = (const int16_t *)memory[0] + rows.first;
        const int16_t *second = (const int16_t *)memory[1] + rows.second;
        int16_t *output = (int16_t *)memory[2] + rows.output;
        for (uint32_t i = 0; i < rows.count; i++, first += rows.first_stride, second += rows.second_stride) {
            output[i] = (int16_t)picket_output_value(
                *first * *second, mul->multiplier_q31, mul->shift, 0, mul->output_min, mul->output_max);
        }
    } while (picket_next_row(&rows));
}
