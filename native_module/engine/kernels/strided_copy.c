#include "../kernels.h"

static uint8_t *copy_run(uint8_t *to, const uint8_t *from, uint32_t bytes) {
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
    }
    return to;
}

/*
 * TRANSPOSE, SLICE, STRIDED_SLICE, DEPTH_TO_SPACE and SPACE_TO_DEPTH: runs of bytes, gathered from the input. memory:
 * input, output.
 */
void picket_strided_copy(const void *params, void *const *memory) {
    const picket_strided_copy_params_t *copy = (const picket_strided_copy_params_t *)params;
    const uint8_t *input = (const uint8_t *)memory[0] + copy->offset_bytes;
    uint8_t *output = (uint8_t *)memory[1];
    uint32_t index[PICKET_MAX_RANK] = {0, 0, 0, 0, 0, 0};
    for (;;) {
        output = copy_run(output, input, copy->run_bytes);
        uint32_t axis = 0; /* the innermost */
        while (axis < copy->rank && ++index[axis] == copy->dims[axis]) {
            input -= (int32_t)(copy->dims[axis] - 1) * copy->stride_bytes[axis];
            index[axis++] = 0;
        }
        if (axis == copy->rank) {
            return;
        }
        input += copy->stride_bytes[axis];
    }
}
