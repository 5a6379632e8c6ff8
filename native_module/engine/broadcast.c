#include "broadcast.h"

/* A shape's size along an axis of the output, counted from the innermost; missing axes are 1. */
static uint32_t size_at(const picket_tensor_info_t *tensor, int32_t from_last) {
    return from_last < tensor->rank ? (uint32_t)tensor->dims[tensor->rank - 1 - from_last] : 1;
}

/* Collect the output's axes from the innermost outwards; neighbours that both inputs repeat or walk alike become one.
 */
static void collapse(
    const picket_tensor_info_t *first, const picket_tensor_info_t *second, const picket_tensor_info_t *output,
    picket_broadcast_t *shape) {
    uint32_t first_size = 1;
    uint32_t second_size = 1;
    bool first_repeated = false;
    bool second_repeated = false;
    uint32_t reversed_rank = 0;
    for (int32_t axis = 0; axis < output->rank; axis++) {
        const uint32_t size = size_at(output, axis);
        if (size == 1) {
            continue;
        }
        const bool first_repeats = size_at(first, axis) == 1;
        const bool second_repeats = size_at(second, axis) == 1;
        if (reversed_rank && first_repeats == first_repeated && second_repeats == second_repeated) {
            shape->dims[reversed_rank - 1] *= size;
        } else {
            shape->dims[reversed_rank] = size;
            shape->first_stride[reversed_rank] = first_repeats ? 0 : first_size;
            shape->second_stride[reversed_rank] = second_repeats ? 0 : second_size;
            reversed_rank++;
        }
        first_repeated = first_repeats;
        second_repeated = second_repeats;
        first_size *= size_at(first, axis);
        second_size *= size_at(second, axis);
    }
    shape->rank = reversed_rank;
    for (uint32_t low = 0, high = reversed_rank; low + 1 < high; low++) {
        high--;
        const uint32_t dim = shape->dims[low], first_stride = shape->first_stride[low],
                       second_stride = shape->second_stride[low];
        shape->dims[low] = shape->dims[high];
        shape->first_stride[low] = shape->first_stride[high];
        shape->second_stride[low] = shape->second_stride[high];
        shape->dims[high] = dim;
        shape->first_stride[high] = first_stride;
        shape->second_stride[high] = second_stride;
    }
}

bool picket_prepare_broadcast(
    picket_prepare_t *op, const picket_tensor_info_t *first, const picket_tensor_info_t *second,
    const picket_tensor_info_t *output) {
    const int32_t rank = first->rank > second->rank ? first->rank : second->rank;
    if (!picket_expect_rank(op, output, rank)) {
        return false;
    }
    for (int32_t axis = 0; axis < rank; axis++) {
        const uint32_t a = size_at(first, axis);
        const uint32_t b = size_at(second, axis);
        if (a != b && a != 1 && b != 1) {
            return picket_refuse(op, PICKET_ERROR_INVALID, "the inputs' shapes do not fit each other");
        }
        if (!picket_expect_dim(op, output, rank - 1 - axis, (int32_t)(a == 1 ? b : a))) {
            return false;
        }
    }
    if (first->elements != output->elements || !picket_in_place(op, first, output)) {
        if (second->elements == output->elements) {
            picket_in_place(op, second, output);
        }
    }
    picket_use_tensor(op, first);
    picket_use_tensor(op, second);
    picket_use_tensor(op, output);
    if (first->elements == output->elements && second->elements == output->elements) {
        picket_use_nothing(op);
        return true;
    }
    void *table = picket_use_table(op, sizeof(picket_broadcast_t));
    if (table) {
        picket_broadcast_t *shape = (picket_broadcast_t *)table;
        collapse(first, second, output, shape);
    }
    return true;
}

void picket_first_row(picket_rows_t *rows, const picket_broadcast_t *shape, uint32_t elements) {
    rows->shape = shape;
    rows->first = rows->second = rows->output = 0;
    rows->first_stride = rows->second_stride = 1;
    rows->count = elements;
    if (shape) {
        const uint32_t last = shape->rank - 1; /* shapes that differ have an axis longer than 1 */
        for (uint32_t axis = 0; axis < shape->rank; axis++) {
            rows->index[axis] = 0;
        }
        rows->first_stride = shape->first_stride[last];
        rows->second_stride = shape->second_stride[last];
        rows->count = shape->dims[last];
    }
}

bool picket_next_row(picket_rows_t *rows) {
    const picket_broadcast_t *shape = rows->shape;
    if (!shape) {
        return false;
    }
    rows->output += rows->count;
    for (uint32_t axis = shape->rank - 1; axis-- > 0;) {
        rows->first += shape->first_stride[axis];
        rows->second += shape->second_stride[axis];
        if (++rows->index[axis] < shape->dims[axis]) {
            return true;
        }
        rows->index[axis] = 0;
        rows->first -= shape->first_stride[axis] * shape->dims[axis];
        rows->second -= shape->second_stride[axis] * shape->dims[axis];
    }
    return false;
}
