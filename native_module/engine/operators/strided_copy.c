#include "strided_copy.h"

void picket_strides(const picket_tensor_info_t *tensor, int32_t *strides) {
    int32_t stride = 1;
    for (int32_t axis = tensor->rank - 1; axis >= 0; axis--) {
        strides[axis] = stride;
        stride *= tensor->dims[axis];
    }
}

void picket_prepare_strided_copy(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output,
    const picket_walk_t *walk) {
    picket_strided_copy_params_t *copy = (picket_strided_copy_params_t *)picket_use_params(op, sizeof *copy);
    const int32_t element_bytes = (int32_t)picket_type_bytes((int32_t)input->type);
    copy->offset_bytes = walk->offset * (uint32_t)element_bytes;
    copy->run_bytes = (uint32_t)element_bytes;
    /* From the innermost axis outwards, so into the lists in reverse: axes that continue their neighbour become one. */
    uint32_t rank = 0;
    for (uint32_t axis = walk->rank; axis-- > 0;) {
        const int32_t stride_bytes = walk->strides[axis] * element_bytes;
        if (walk->dims[axis] == 1) {
            continue;
        }
        if (rank == 0 && stride_bytes == (int32_t)copy->run_bytes) {
            copy->run_bytes *= walk->dims[axis];
        } else if (rank && stride_bytes == copy->stride_bytes[rank - 1] * (int32_t)copy->dims[rank - 1]) {
            copy->dims[rank - 1] *= walk->dims[axis];
        } else {
            copy->dims[rank] = walk->dims[axis];
            copy->stride_bytes[rank++] = stride_bytes;
        }
    }
    copy->rank = rank;
    op->kernel = PICKET_KERNEL_strided_copy;
    picket_use_tensor(op, input);
    picket_use_tensor(op, output);
}
