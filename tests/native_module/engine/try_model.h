/*
 * One attempt to load and run a model that may be damaged. It lies in memory of exactly its size, and work memory and
 * arena are exactly as large as the engine asks for, so that sanitizers see every access beyond. A broken promise of
 * the interface ends the program.
 */
#ifndef TRY_MODEL_H
#define TRY_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

typedef enum {
    REFUSED,
    RAN,
    TOO_LARGE /* accepted, but not run: a damaged shape may ask for hundreds of megabytes */
} outcome_t;

static void broken(const char *promise) {
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}

static void *exactly(size_t bytes) {
    void *memory = malloc(bytes);
    if (!memory) {
        broken("out of memory");
    }
    return memory;
}

static void check_refusal(const picket_error_t *error) {
    char text[PICKET_ERROR_BYTES];
    picket_error_text(error, text, sizeof text);
    if (strlen(text) + 1 == sizeof text || strlen(text) < 10 || error->status == PICKET_ERROR_MEMORY) {
        broken(text);
    }
}

/* Run the model on inputs made of the file's own bytes, and look at its outputs. */
static void run(picket_engine_t *engine, const uint8_t *bytes, size_t count) {
    picket_tensor_t tensor;
    for (uint32_t i = 0; picket_engine_input(engine, i, &tensor) == PICKET_OK; i++) {
        for (uint32_t k = 0; k < tensor.bytes; k++) {
            ((uint8_t *)tensor.data)[k] = bytes[(7 * i + k) % count];
        }
    }
    if (picket_engine_invoke(engine) != PICKET_OK) {
        broken("an open model runs");
    }
    for (uint32_t i = 0; picket_engine_output(engine, i, &tensor) == PICKET_OK; i++) {
        volatile uint8_t last = ((uint8_t *)tensor.data)[tensor.bytes - 1];
        (void)last;
    }
}

static outcome_t try_model(const uint8_t *bytes, size_t count, size_t largest_arena) {
    uint8_t *model = (uint8_t *)exactly(count);
    memcpy(model, bytes, count);
    picket_error_t error;
    size_t work_bytes = 0;
    size_t arena_bytes = 0;
    void *work = NULL;
    void *arena = NULL;
    outcome_t outcome = REFUSED;
    picket_status_t status = picket_engine_work_bytes(model, count, &work_bytes, &error);
    if (status == PICKET_OK) {
        work = exactly(work_bytes);
        status = picket_engine_measure(model, count, work, work_bytes, &arena_bytes, &error);
        while (status == PICKET_ERROR_MEMORY && error.needed_bytes > work_bytes) { /* TFLM only estimates at first */
            free(work);
            work_bytes = error.needed_bytes;
            work = exactly(work_bytes);
            status = picket_engine_measure(model, count, work, work_bytes, &arena_bytes, &error);
        }
    }
    if (status != PICKET_OK) {
        check_refusal(&error);
    } else if (arena_bytes > largest_arena) {
        outcome = TOO_LARGE;
    } else {
        picket_engine_t *engine = NULL;
        arena = exactly(arena_bytes);
        if (picket_engine_open(model, count, work, work_bytes, arena, arena_bytes, &engine, &error) != PICKET_OK) {
            broken("open takes what measure took");
        }
        run(engine, bytes, count);
        picket_engine_close(engine);
        outcome = RAN;
    }
    free(arena);
    free(work);
    free(model);
    return outcome;
}

#endif
