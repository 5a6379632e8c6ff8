/* From an operator's code to the function that prepares it. A switch, not a table: a dynamic module may not hold
 * pointers in its data. */
#include "operators.h"

#include "model_load.h"

static bool check_operator(picket_prepare_t *op, int32_t newest_version, uint32_t options_type) {
    if (op->version < 1 || op->version > newest_version) {
        picket_fail_values(op->reader, PICKET_ERROR_UNSUPPORTED, "the operator's version", op->version, newest_version);
        return false;
    }
    if (op->options_type != options_type) {
        if (op->options_type != 0 && options_type != 0) {
            return picket_refuse(op, PICKET_ERROR_INVALID, "the options belong to another operator");
        }
        const picket_table_t absent = {0, 0, 0, 0};
        op->options = absent;
    }
    return true;
}

void picket_prepare_operator(picket_prepare_t *op) {
    switch (op->code) {
#define OPERATOR(code, name, version, options, prepare) \
    case code:                                          \
        if (check_operator(op, version, options)) {     \
            picket_prepare_##prepare(op);               \
        }                                               \
        break;
#include "operators.def"
#undef OPERATOR
        default:
            picket_fail_values(
                op->reader, PICKET_ERROR_UNSUPPORTED, "the engine does not have this operator", op->code, -1);
            op->reader->error->has_values = 0;
            break;
    }
}
