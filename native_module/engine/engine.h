/*
 * Inference engine: the one C interface that the MicroPython module and the host use.
 *
 * A model is a .tflite file in memory (flash, ROMFS or RAM); its weights are used where they lie, so the file must stay
 * until the engine is closed. The caller owns all memory. Opening takes three steps:
 *
 *     picket_engine_work_bytes(model, model_bytes, &work_bytes, &error);
 *     work = ...;                                     // needed until picket_engine_open returns
 *     picket_engine_measure(model, model_bytes, work, work_bytes, &arena_bytes, &error);
 *     arena = ...;                                    // needed until picket_engine_close
 *     picket_engine_open(model, model_bytes, work, work_bytes, arena, arena_bytes, &engine, &error);
 *
 * The file is untrusted: all of it is checked by measure and again by open; what comes after trusts it. Nothing here
 * allocates, has static state, needs libm or uses floating-point arithmetic.
 */
#ifndef PICKET_ENGINE_H
#define PICKET_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PICKET_MAX_RANK 6      /* dimensions of a tensor */
#define PICKET_ARENA_ALIGN 8   /* alignment of the arena and of the work memory, in bytes; a model needs 4 */
#define PICKET_ERROR_BYTES 160 /* a buffer of this size holds the text of any error */

typedef enum {
    PICKET_OK = 0,
    PICKET_ERROR_FILE = 1,        /* not a .tflite file, or damaged: an offset or a size leads outside */
    PICKET_ERROR_INVALID = 2,     /* the model contradicts itself: shapes, types, quantisation, order of operators */
    PICKET_ERROR_UNSUPPORTED = 3, /* a sound model that uses what this engine does not have */
    PICKET_ERROR_MEMORY = 4,  /* work memory or arena too small or misaligned; needed_bytes says how much it takes */
    PICKET_ERROR_ARGUMENT = 5 /* wrong use of this interface: an index out of range, a wrong count, a closed engine */
} picket_status_t;

/* What went wrong and where. Indexes are -1 and offset is 0 where they do not apply. */
typedef struct {
    picket_status_t status;
    int32_t operator_index; /* position in the order of execution */
    int32_t operator_code;  /* the operator's TFLite code, see picket_operator_name */
    int32_t tensor_index;   /* index in the file's tensor table */
    uint32_t offset_bytes;  /* position in the file */
    const char *what;       /* one clause, static; with PICKET_SHORT_ERRORS its number, see fault.h */
    int32_t has_values;     /* 1: found and expected mean something */
    int32_t found;
    int32_t expected;
    size_t needed_bytes; /* with PICKET_ERROR_MEMORY */
} picket_error_t;

/* Types of tensors, numbered as in the .tflite format; others are refused. */
typedef enum {
    PICKET_FLOAT32 = 0,
    PICKET_INT32 = 2,
    PICKET_UINT8 = 3,
    PICKET_INT64 = 4,
    PICKET_BOOL = 6,
    PICKET_INT16 = 7,
    PICKET_INT8 = 9,
    PICKET_INT4 = 17
} picket_type_t;

/* An input or output of the model. data points into the arena and is aligned to PICKET_ARENA_ALIGN. */
typedef struct {
    picket_type_t type;
    int32_t rank;
    int32_t dims[6];
    float scale; /* real = scale * (quantised - zero_point); 0 where the tensor is not quantised */
    int32_t zero_point;
    uint32_t bytes;
    uint32_t elements;
    void *data;
} picket_tensor_t;

typedef struct picket_engine picket_engine_t;

/* Which engine this is: "portable" or "tflm". */
const char *picket_engine_name(void);

/*
 * How much memory measure and open work in. For the portable engine that is about 16 bytes for each tensor and
 * operator. For TensorFlow Lite Micro it is an estimate: see measure.
 *
 * model, model_bytes  the file; at most 2^31 - 1 bytes, aligned to 4
 * work_bytes          out
 * error               out, on failure; must not be NULL (so in every function that takes it)
 */
picket_status_t picket_engine_work_bytes(
    const void *model, size_t model_bytes, size_t *work_bytes, picket_error_t *error);

/*
 * Check the whole model and plan its arena. PICKET_ERROR_MEMORY with needed_bytes above work_bytes means: try again with
 * that much work memory (TensorFlow Lite Micro finds out only while it opens a model how much it takes).
 *
 * work, work_bytes    memory as picket_engine_work_bytes says, aligned to PICKET_ARENA_ALIGN
 * arena_bytes         out: everything the model needs while it is open: activations, scratch, tables and the engine's
 * own state
 */
picket_status_t picket_engine_measure(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, size_t *arena_bytes, picket_error_t *error);

/*
 * Open a model in the caller's arena.
 *
 * work, work_bytes    as for measure; free again when this returns
 * arena, arena_bytes  at least as much as measure said, aligned to PICKET_ARENA_ALIGN
 * engine              out; lies in the arena
 */
picket_status_t picket_engine_open(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, void *arena, size_t arena_bytes,
    picket_engine_t **engine, picket_error_t *error);

/* End the use of model and arena; a closed engine refuses to run. */
void picket_engine_close(picket_engine_t *engine);

/*
 * Run all operators: inputs to outputs. Inputs may be overwritten. Returns PICKET_ERROR_ARGUMENT for a closed engine.
 * Otherwise the portable engine never fails; TensorFlow Lite Micro may return PICKET_ERROR_INVALID, when an operator
 * finds out only then that its input is wrong (an index out of range).
 */
picket_status_t picket_engine_invoke(picket_engine_t *engine);

/* Run one operator, for profiling: invoke is picket_engine_step(engine, 0), ..., picket_engine_step(engine, count - 1).
 */
picket_status_t picket_engine_step(picket_engine_t *engine, uint32_t operator_index);

uint32_t picket_engine_operator_count(const picket_engine_t *engine);

/* The name of an operator, as in "CONV_2D"; "?" for an index out of range. */
const char *picket_engine_operator_name(const picket_engine_t *engine, uint32_t operator_index);

/* The name of a TFLite operator code; "?" for one that this engine lacks. */
const char *picket_operator_name(int32_t operator_code);

uint32_t picket_engine_input_count(const picket_engine_t *engine);
uint32_t picket_engine_output_count(const picket_engine_t *engine);

/* Describe an input or output. Returns PICKET_ERROR_ARGUMENT for an index out of range or a closed engine. */
picket_status_t picket_engine_input(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor);
picket_status_t picket_engine_output(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor);

/*
 * Quantise real values into an input: round(value / scale) + zero_point in float32 as TFLite does, half away from zero,
 * saturating; NaN gives the zero point. A float32 input takes them as they are. Integer arithmetic only. count must be
 * the number of the tensor's elements.
 */
picket_status_t picket_engine_quantize(
    const picket_engine_t *engine, uint32_t index, const float *values, size_t count);

/* The real values of an output: scale * (quantised - zero_point), rounded to the nearest float32. */
picket_status_t picket_engine_dequantize(const picket_engine_t *engine, uint32_t index, float *values, size_t count);

/* Write the error as one line, at most text_bytes with the final zero (PICKET_ERROR_BYTES is enough for any). */
void picket_error_text(const picket_error_t *error, char *text, size_t text_bytes);

#ifdef __cplusplus
}
#endif

#endif
