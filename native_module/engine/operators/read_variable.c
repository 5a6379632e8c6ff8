#include "variable.h"

void picket_prepare_read_variable(picket_prepare_t *op) {
    picket_tensor_info_t value;
    if (picket_expect_counts(op, 1, 1, 1) && picket_output_info(op, 0, &value)) {
        picket_prepare_variable_copy(op, &value, false);
    }
}
