#include "../broadcast.h"
#include "../fixed_point.h"
#include "../kernels.h"

/* MUL, int8. memory: first input, second input, output, broadcast or NULL. Works in place of an input of the output's
 * shape. */
void picket_mul_i8(const void *params, void *const *memory) {
    const picket_mul_params_t *mul = (const picket_mul_params_t *)params;
    picket_rows_t rows;
    picket_first_row(&rows, (const picket_broadcast_t *)memory[3], mul->elements);
    do {
        const int8_t *first = (const int8_t *)memory[0] + rows.first;
        const int8_t *second = (const int8_t *)memory[1] + rows.second;
        int8_t *output = (int8_t *)memory[2] + rows.output;
        for (uint32_t i = 0; i < rows.count; i++, first += rows.first_stride, second += rows.second_stride) {
            const int32_t product = (*first - mul->first_zero_point) * (*second - mul->second_zero_point);
            output[i] = (int8_t)picket_output_value(
                product, mul->multiplier_q31, mul->shift, mul->output_zero_point, mul->output_min, mul->output_max);
        }
    } while (picket_next_row(&rows));
}
