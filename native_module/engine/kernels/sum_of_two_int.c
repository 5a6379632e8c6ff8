#include "../broadcast.h"
#include "../elements.h"
#include "../fixed_point.h"
#include "../kernels.h"

/*
 * SUB, and ADD of int16: int8 or int16. memory: first input, second input, output, broadcast or NULL. Works in place of
 * an input of the output's shape.
 */
void picket_sum_of_two_int(const void *params, void *const *memory) {
    const picket_add_params_t *add = (const picket_add_params_t *)params;
    const bool wide = add->wide;
    const int32_t scaled_up = 1 << (wide ? 15 : 20);
    picket_rows_t rows;
    picket_first_row(&rows, (const picket_broadcast_t *)memory[3], add->elements);
    do {
        uint32_t first = rows.first;
        uint32_t second = rows.second;
        for (uint32_t i = 0; i < rows.count; i++, first += rows.first_stride, second += rows.second_stride) {
            const int32_t a = (picket_element(memory[0], first, wide) - add->first_zero_point) * scaled_up;
            const int32_t b = (picket_element(memory[1], second, wide) - add->second_zero_point) * scaled_up;
            const int32_t x = picket_requantize(a, add->first_multiplier_q31, add->first_shift);
            const int32_t y = picket_requantize(b, add->second_multiplier_q31, add->second_shift);
            picket_put_element(
                memory[2], rows.output + i, wide,
                picket_output_value(
                    add->subtract ? x - y : x + y, add->output_multiplier_q31, add->output_shift,
                    add->output_zero_point, add->output_min, add->output_max));
        }
    } while (picket_next_row(&rows));
}
