#include "../wide_pool.h"

/* AVERAGE_POOL_2D, int16. memory: input [N][H][W][C], output [N][OH][OW][C]. */
void picket_average_pool_2d_i16(const void *params, void *const *memory) {
    picket_pool_wide((const picket_pool_params_t *)params, memory, false);
}
