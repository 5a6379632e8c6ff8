/*
 * Runs models for the tests, one request after the other: reads from stdin, answers on stdout, integers of 32 bits in
 * this machine's order.
 *
 *     request:  model_bytes, invocations, the model, and for each invocation the bytes of all inputs
 *     answer:   0, length of a text, the text: why the model was refused
 *          or:  1, length of a text, the text: arena_bytes and the operators' names, with spaces;
 *               length of the outputs, and for each invocation the bytes of all outputs
 *
 * Every second invocation goes operator by operator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

static void stop(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void get(void *to, size_t bytes) {
    if (fread(to, 1, bytes, stdin) != bytes) {
        stop("the request is too short");
    }
}

static void put(const void *from, size_t bytes) {
    if (fwrite(from, 1, bytes, stdout) != bytes) {
        stop("can't answer");
    }
}

static void put_number(uint32_t number) {
    put(&number, sizeof number);
}

static void put_text(const char *text) {
    put_number((uint32_t)strlen(text));
    put(text, strlen(text));
}

static void *allocate(size_t bytes) {
    void *memory = malloc(bytes + 1);
    if (!memory) {
        stop("out of memory");
    }
    return memory;
}

static picket_engine_t *open_model(
    const void *model, size_t bytes, void **arena, size_t *arena_bytes, picket_error_t *error) {
    picket_engine_t *engine = NULL;
    size_t work_bytes;
    if (picket_engine_work_bytes(model, bytes, &work_bytes, error) != PICKET_OK) {
        return NULL;
    }
    void *work = allocate(work_bytes);
    while (picket_engine_measure(model, bytes, work, work_bytes, arena_bytes, error) != PICKET_OK
           && error->needed_bytes > work_bytes) {
        free(work);
        work_bytes = error->needed_bytes;
        work = allocate(work_bytes);
    }
    if (error->status == PICKET_OK) {
        *arena = allocate(*arena_bytes);
        picket_engine_open(model, bytes, work, work_bytes, *arena, *arena_bytes, &engine, error);
    }
    free(work);
    return engine;
}

static void put_description(const picket_engine_t *engine, size_t arena_bytes) {
    char text[4096];
    size_t length = (size_t)snprintf(text, sizeof text, "%zu", arena_bytes);
    for (uint32_t i = 0; i < picket_engine_operator_count(engine) && length < sizeof text; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, " %s", picket_engine_operator_name(engine, i));
    }
    put_number(1);
    put_text(text);
}

static void invoke(picket_engine_t *engine, int stepwise) {
    if (!stepwise && picket_engine_invoke(engine) != PICKET_OK) {
        stop("invoke failed");
    }
    for (uint32_t i = 0; stepwise && i < picket_engine_operator_count(engine); i++) {
        if (picket_engine_step(engine, i) != PICKET_OK) {
            stop("a step failed");
        }
    }
}

int main(void) {
    uint32_t header[2];
    while (fread(header, sizeof header, 1, stdin) == 1) {
        void *model = allocate(header[0]);
        void *arena = NULL;
        size_t arena_bytes = 0;
        picket_error_t error;
        picket_tensor_t tensor;
        get(model, header[0]);
        picket_engine_t *engine = open_model(model, header[0], &arena, &arena_bytes, &error);
        if (!engine) {
            char text[PICKET_ERROR_BYTES];
            picket_error_text(&error, text, sizeof text);
            put_number(0);
            put_text(text);
            return 0; /* the inputs that follow are of unknown size */
        }
        put_description(engine, arena_bytes);
        uint32_t outputs_bytes = 0;
        for (uint32_t i = 0; picket_engine_output(engine, i, &tensor) == PICKET_OK; i++) {
            outputs_bytes += tensor.bytes;
        }
        put_number(outputs_bytes);
        for (uint32_t run = 0; run < header[1]; run++) {
            for (uint32_t i = 0; picket_engine_input(engine, i, &tensor) == PICKET_OK; i++) {
                get(tensor.data, tensor.bytes);
            }
            invoke(engine, run % 2);
            for (uint32_t i = 0; picket_engine_output(engine, i, &tensor) == PICKET_OK; i++) {
                put(tensor.data, tensor.bytes);
            }
        }
        fflush(stdout);
        picket_engine_close(engine);
        free(arena);
        free(model);
    }
    return 0;
}
