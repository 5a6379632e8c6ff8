#include "../kernels.h"

/* CONCATENATION of any type. memory: the inputs, output, table: uint32_t bytes of one piece of each input. */
void picket_concatenation(const void *params, void *const *memory) {
    const picket_concatenation_params_t *concatenation = (const picket_concatenation_params_t *)params;
    uint8_t *output = (uint8_t *)memory[concatenation->inputs];
    const uint32_t *piece_bytes = (const uint32_t *)memory[concatenation->inputs + 1];
    for (uint32_t outer = 0; outer < concatenation->outer; outer++) {
        for (uint32_t input = 0; input < concatenation->inputs; input++) {
            const uint8_t *piece = (const uint8_t *)memory[input] + outer * piece_bytes[input];
            for (uint32_t i = 0; i < piece_bytes[input]; i++) {
                *output++ = piece[i];
            }
        }
    }
}
