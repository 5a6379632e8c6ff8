#include "../kernels.h"

static uint8_t *fill(uint8_t *output, const picket_pad_params_t *pad, uint32_t elements) {
    for (uint32_t i = 0; i < elements; i++) {
        for (uint32_t byte = 0; byte < pad->element_bytes; byte++) {
            *output++ = (uint8_t)(pad->value_bits >> (8 * byte));
        }
    }
    return output;
}

/* PAD and PADV2, elements of 1, 2 or 4 bytes. memory: input, output. */
void picket_pad(const void *params, void *const *memory) {
    enum { OUTER = 4 }; /* axes around the rows */
    const picket_pad_params_t *pad = (const picket_pad_params_t *)params;
    const picket_pad_axis_t *row = &pad->axes[OUTER];
    const uint8_t *input = (const uint8_t *)memory[0];
    uint8_t *output = (uint8_t *)memory[1];
    const uint32_t row_bytes = row->size * pad->element_bytes;
    uint32_t index[OUTER] = {0, 0, 0, 0};
    for (;;) {
        bool outside = false;
        for (uint32_t axis = 0; axis < OUTER; axis++) {
            outside |=
                index[axis] < pad->axes[axis].before || index[axis] >= pad->axes[axis].before + pad->axes[axis].size;
        }
        if (outside) {
            output = fill(output, pad, row->before + row->size + row->after);
        } else {
            output = fill(output, pad, row->before);
            for (uint32_t i = 0; i < row_bytes; i++) {
                *output++ = *input++;
            }
            output = fill(output, pad, row->after);
        }
        int32_t axis = OUTER - 1;
        while (axis >= 0 && ++index[axis] == pad->axes[axis].before + pad->axes[axis].size + pad->axes[axis].after) {
            index[axis--] = 0;
        }
        if (axis < 0) {
            return;
        }
    }
}
