#include "variable.h"

/* A variable that CALL_ONCE does not initialise begins with the zero point of the first value that is assigned. */
void picket_prepare_assign_variable(picket_prepare_t *op) {
    picket_tensor_info_t value;
    const int32_t variable = picket_expect_counts(op, 2, 2, 0) && picket_input_info(op, 1, &value)
        ? picket_prepare_variable_copy(op, &value, true)
        : -1;
    if (variable < 0) {
        return;
    }
    uint8_t byte = 0;
    if (value.type == PICKET_INT8 && value.zero_points.count) {
        byte = (uint8_t)(picket_vector_i64(op->reader, &value.zero_points, 0) & 0xff);
    }
    uint8_t *memory = picket_take_initial_value(op, variable);
    for (uint32_t i = 0; memory && i < value.bytes; i++) {
        memory[i] = byte;
    }
}
