/*
 * The check of a .tflite file before TensorFlow Lite Micro sees it.
 *
 * TFLM trusts its models: an offset, an index or a shape that does not fit leads it outside of its memory, and some
 * scales make it abort. So the file goes through the portable engine's reader first, and every operator through the
 * portable engine's own checks.
 *
 * What the portable engine lacks (an operator, a type, a version) it can't check. A build that is to run such models
 * defines PICKET_TFLM_TRUST_UNCHECKED as 1. Then of these operators only their place in the graph is checked: their
 * tensors exist, lie in the file whole, and are computed before they are used; for the rest TFLM's own checks must do.
 */
#ifndef PICKET_TFLM_CHECK_H
#define PICKET_TFLM_CHECK_H

#include "../engine/model.h"

/* What the engine needs to know of a file before it asks for memory. */
typedef struct {
    uint32_t subgraphs;
    uint32_t tensors; /* of all subgraphs */
    uint32_t operators; /* of all subgraphs */
    uint32_t widest; /* tensors and operators of the largest subgraph */
    uint32_t scales; /* of the operators' inputs */
    uint32_t variables; /* VAR_HANDLE operators: there are no more resource variables than that */
    uint32_t variables_bytes; /* values that live from one run to the next */
} picket_tflm_counts_t;

/* The TFLite code of an operator of a subgraph. */
int32_t picket_tflm_operator_code(picket_reader_t *reader, const picket_model_t *model, uint32_t index);

/* Count, and check as much of the structure as that takes. Faults are in the reader's error. */
void picket_tflm_count(picket_reader_t *reader, picket_tflm_counts_t *counts);

/* How much memory picket_tflm_check needs, in bytes. */
size_t picket_tflm_check_bytes(const picket_tflm_counts_t *counts);

/*
 * Check the whole file. Faults are in the reader's error.
 *
 * work     picket_tflm_check_bytes, aligned to 4
 */
void picket_tflm_check(picket_reader_t *reader, const picket_tflm_counts_t *counts, void *work);

#endif
