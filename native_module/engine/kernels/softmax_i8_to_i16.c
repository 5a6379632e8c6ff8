#include "../softmax_row.h"

/* SOFTMAX, int8 to int16 with scale 2^-16 and zero point -32768. memory: input, output; [rows][depth]. */
void picket_softmax_i8_to_i16(const void *params, void *const *memory) {
    const picket_softmax_params_t *softmax = (const picket_softmax_params_t *)params;
    const int8_t *input = (const int8_t *)memory[0];
    int16_t *output = (int16_t *)memory[1];
    for (uint32_t i = 0; i < softmax->rows; i++, input += softmax->depth, output += softmax->depth) {
        const picket_softmax_row_t row = picket_softmax_row(softmax, input, 16);
        for (uint32_t k = 0; k < softmax->depth; k++) {
            output[k] = (int16_t)picket_clamp(
                picket_softmax_share(softmax, &row, input[k]) + INT16_MIN, INT16_MIN, INT16_MAX);
        }
    }
}
