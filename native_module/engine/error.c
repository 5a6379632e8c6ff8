/* The text of an error, without the C library. */
#include "engine.h"
#include "fault.h"

typedef struct {
    char *at;
    size_t left; /* without the final zero */
} writer_t;

static void put(writer_t *writer, const char *text) {
    while (*text && writer->left) {
        *writer->at++ = *text++;
        writer->left--;
    }
}

static void put_number(writer_t *writer, int64_t number) {
    char digits[21];
    char *at = digits + sizeof digits - 1;
    uint32_t rest = (uint32_t)(number < 0 ? -number : number);
    *at = 0;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0) {
        *--at = '-';
    }
    put(writer, at);
}

#if PICKET_SHORT_ERRORS
/* "fault " and nine numbers, which picket_host.native.faults makes the text of. */
void picket_error_text(const picket_error_t *error, char *text, size_t text_bytes) {
    if (text_bytes == 0) {
        return;
    }
    writer_t writer = {text, text_bytes - 1};
    const int32_t numbers[] = {
        (int32_t)(uintptr_t)error->what, error->operator_index, error->operator_code, error->tensor_index,
        error->has_values, error->found, error->expected, (int32_t)error->needed_bytes, (int32_t)error->offset_bytes};
    put(&writer, "fault");
    for (uint32_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        put(&writer, " ");
        put_number(&writer, numbers[i]);
    }
    *writer.at = 0;
}
#else
static void put_labelled(writer_t *writer, const char *label, int64_t number) {
    put(writer, label);
    put_number(writer, number);
}

void picket_error_text(const picket_error_t *error, char *text, size_t text_bytes) {
    if (text_bytes == 0) {
        return;
    }
    writer_t writer = {text, text_bytes - 1};
    if (error->operator_index >= 0) {
        put_labelled(&writer, "operator ", error->operator_index);
        const char *name = picket_operator_name(error->operator_code);
        if (name[0] != '?') {
            put(&writer, " (");
            put(&writer, name);
            put(&writer, "): ");
        } else {
            put_labelled(&writer, " (code ", error->operator_code);
            put(&writer, "): ");
        }
    }
    if (error->tensor_index >= 0) {
        put_labelled(&writer, "tensor ", error->tensor_index);
        put(&writer, ": ");
    }
    put(&writer, error->what ? error->what : "no error");
    if (error->has_values) {
        put_labelled(&writer, ": ", error->found);
        put_labelled(&writer, ", not ", error->expected);
    }
    if (error->needed_bytes) {
        put_labelled(&writer, ": it takes ", (int64_t)error->needed_bytes);
        put(&writer, " bytes");
    }
    if (error->offset_bytes) {
        put_labelled(&writer, " (at byte ", error->offset_bytes);
        put(&writer, ")");
    }
    *writer.at = 0;
}
#endif
