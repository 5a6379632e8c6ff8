/* libFuzzer's target: any bytes as a model. Built and run by fuzz.py. */
#include "try_model.h"

/* What is run stays small, so that thousands run in a second: filters come out of the file, outputs fit the arena. */
enum { LARGEST_ARENA = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0) {
        try_model(data, size, LARGEST_ARENA);
    }
    return 0;
}
