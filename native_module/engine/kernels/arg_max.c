#include "../elements.h"
#include "../kernels.h"

/*
 * ARG_MAX, int8 or float32 to int32: the first of equal elements. memory: input [outer][size][inner], output
 * [outer][inner].
 */
void picket_arg_max(const void *params, void *const *memory) {
    const picket_arg_max_params_t *own = (const picket_arg_max_params_t *)params;
    const int8_t *narrow = (const int8_t *)memory[0];
    const uint32_t *floats = (const uint32_t *)memory[0];
    int32_t *output = (int32_t *)memory[1];
    for (uint32_t outer = 0; outer < own->outer; outer++) {
        for (uint32_t inner = 0; inner < own->inner; inner++) {
            const uint32_t first = outer * own->size * own->inner + inner;
            uint32_t best = first;
            uint32_t best_index = 0;
            for (uint32_t i = 1; i < own->size; i++) {
                const uint32_t at = first + i * own->inner;
                if (own->is_float ? picket_float_above(floats[at], floats[best]) : narrow[at] > narrow[best]) {
                    best = at;
                    best_index = i;
                }
            }
            *output++ = (int32_t)best_index;
        }
    }
}
