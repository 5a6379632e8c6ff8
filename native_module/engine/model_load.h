/* Opening a model: the checks over the whole graph, the plan, and the records that invoke walks. */
#ifndef PICKET_MODEL_LOAD_H
#define PICKET_MODEL_LOAD_H

#include "model.h"

/*
 * What lies at the start of the arena, followed by: references of the inputs and outputs, one record per operator,
 * tables, activations and scratch.
 */
struct picket_engine {
    uint32_t magic;
    const uint8_t *file;
    uint32_t file_bytes;
    picket_model_t model;
    uint32_t records_offset;
};

#define PICKET_ENGINE_MAGIC 0x74656b63u

/* One operator: this header, ref_count references, then the kernel's parameters. */
typedef struct {
    uint8_t kernel;
    uint8_t code;
    uint8_t ref_count;
    uint8_t words; /* length of the whole record in 32-bit words */
} picket_record_t;

/* References of inputs, then of outputs. */
uint32_t *picket_engine_refs(const picket_engine_t *engine);

/*
 * Check the whole model and plan it. With arena NULL only *arena_bytes is found; otherwise arena_bytes says how much
 * there is and the engine is written. Faults are in error.
 */
picket_engine_t *picket_load(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, void *arena, size_t *arena_bytes,
    picket_error_t *error);

/* Read an operator of the loader's subgraph, ready to be prepared. */
void picket_load_operator(picket_loader_t *loader, uint32_t index, picket_prepare_t *op);

/* Prepare an operator with the function of its code; faults where there is none (operators.def). */
void picket_prepare_operator(picket_prepare_t *op);

#endif
