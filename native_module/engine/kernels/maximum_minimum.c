#include "../broadcast.h"
#include "../elements.h"
#include "../kernels.h"

/*
 * MAXIMUM and MINIMUM of int8, int16, int32 and float32. memory: first input, second input, output, broadcast or NULL.
 * Works in place of an input of the output's shape.
 */
void picket_maximum_minimum(const void *params, void *const *memory) {
    const picket_maximum_minimum_params_t *own = (const picket_maximum_minimum_params_t *)params;
    const bool is_word = own->type == PICKET_INT32 || own->type == PICKET_FLOAT32;
    picket_rows_t rows;
    picket_first_row(&rows, (const picket_broadcast_t *)memory[3], own->elements);
    do {
        uint32_t first = rows.first;
        uint32_t second = rows.second;
        for (uint32_t i = 0; i < rows.count; i++, first += rows.first_stride, second += rows.second_stride) {
            if (is_word) {
                const uint32_t a = ((const uint32_t *)memory[0])[first];
                const uint32_t b = ((const uint32_t *)memory[1])[second];
                const uint32_t high = own->is_minimum ? b : a;
                const uint32_t low = own->is_minimum ? a : b;
                const bool first_wins =
                    own->type == PICKET_FLOAT32 ? picket_float_above(high, low) : (int32_t)high > (int32_t)low;
                ((uint32_t *)memory[2])[rows.output + i] = first_wins ? a : b;
            } else {
                const bool wide = own->type == PICKET_INT16;
                const int32_t a = picket_element(memory[0], first, wide);
                const int32_t b = picket_element(memory[1], second, wide);
                picket_put_element(memory[2], rows.output + i, wide, (own->is_minimum ? a < b : a > b) ? a : b);
            }
        }
    } while (picket_next_row(&rows));
}
