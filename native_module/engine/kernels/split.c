#include "../kernels.h"

/*
 * SPLIT, SPLIT_V and UNPACK of any type. memory: input, the outputs, table: uint32_t bytes of one piece of each
 * output.
 */
void picket_split(const void *params, void *const *memory) {
    const picket_split_params_t *split = (const picket_split_params_t *)params;
    const uint8_t *input = (const uint8_t *)memory[0];
    const uint32_t *piece_bytes = (const uint32_t *)memory[split->outputs + 1];
    for (uint32_t outer = 0; outer < split->outer; outer++) {
        for (uint32_t output = 0; output < split->outputs; output++) {
            uint8_t *piece = (uint8_t *)memory[output + 1] + outer * piece_bytes[output];
            for (uint32_t i = 0; i < piece_bytes[output]; i++) {
                piece[i] = *input++;
            }
        }
    }
}
