#include "../compact.h"

/* CONV_2D, int8, any shape, in little code (compact.h). memory: as picket_conv_2d_i8. */
void picket_conv_2d_i8_compact(const void *params, void *const *memory) {
    picket_convolve_compact((const picket_conv_params_t *)params, memory, false);
}
