#include "../softmax_row.h"

/*
 * SOFTMAX, int8 to int8 with scale 1/256 and zero point -128. memory: input, output; [rows][depth]. Works in place.
 */
void picket_softmax_i8(const void *params, void *const *memory) {
    const picket_softmax_params_t *softmax = (const picket_softmax_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int8_t *output = (int8_t *)memory[1];
    for (uint32_t i = 0; i < softmax->rows; i++, input += softmax->depth, output += softmax->depth) {
        const picket_softmax_row_t row = picket_softmax_row(softmax, input, 8);
        for (uint32_t k = 0; k < softmax->depth; k++) {
            output[k] = (int8_t)picket_clamp(
                picket_softmax_share(softmax, &row, input[k]) + INT8_MIN, INT8_MIN, INT8_MAX);
        }
    }
}
