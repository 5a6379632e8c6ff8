#include "axis.h"

bool picket_resolve_axis(picket_prepare_t *op, int32_t rank, int32_t *axis) {
    if (*axis < -rank || *axis >= rank) {
        return picket_refuse(op, PICKET_ERROR_INVALID, "the axis is out of range");
    }
    *axis += *axis < 0 ? rank : 0;
    return true;
}

bool picket_constant_axis(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t rank, int32_t *axis) {
    if (!picket_expect_type(op, tensor, PICKET_INT32) || !picket_expect_elements(op, tensor, 1)
        || !picket_expect_constant(op, tensor)) {
        return false;
    }
    *axis = picket_constant_i32(op, tensor, 0);
    return picket_resolve_axis(op, rank, axis);
}

static uint32_t product(const picket_tensor_info_t *tensor, int32_t first, int32_t end) {
    uint32_t elements = 1;
    for (int32_t axis = first; axis < end; axis++) {
        elements *= (uint32_t)tensor->dims[axis];
    }
    return elements;
}

uint32_t picket_elements_before(const picket_tensor_info_t *tensor, int32_t axis) {
    return product(tensor, 0, axis);
}

uint32_t picket_elements_behind(const picket_tensor_info_t *tensor, int32_t axis) {
    return product(tensor, axis + 1, tensor->rank);
}
