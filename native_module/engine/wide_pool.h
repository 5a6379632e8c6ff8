/* Pooling of int16, of both kinds. */
#ifndef PICKET_WIDE_POOL_H
#define PICKET_WIDE_POOL_H

#include <stdbool.h>

#include "kernels.h"

/* memory: input [N][H][W][C], output [N][OH][OW][C]. The maximum of each window, or its average. */
void picket_pool_wide(const picket_pool_params_t *pool, void *const *memory, bool maximum);

#endif
