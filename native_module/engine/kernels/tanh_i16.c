#include "../kernels.h"

/* TANH, int16 to int16 with a scale of 2^-15. memory: input, output. Works in place. */
void picket_tanh_i16(const void *params, void *const *memory) {
    const picket_sigmoid_params_t *own = (const picket_sigmoid_params_t *)params;
    const int16_t *input = (const int16_t *)memory[0];
    int16_t *output = (int16_t *)memory[1];
    for (uint32_t i = 0; i < own->elements; i++) {
        output[i] = (int16_t)picket_tanh_q15(input[i], own->scale);
    }
}
