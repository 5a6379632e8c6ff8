#ifndef PICKET_DSP_STATUS_H
#define PICKET_DSP_STATUS_H

/*
 * Status of every signal-processing call that can fail. Calls on the sample path cannot: what they rely on was checked
 * when their state was made.
 *
 * Rules of this folder
 *   - C99, float32 only, no libm, no heap, no writable statics: it runs inside a dynamic native module.
 *   - The caller owns all memory.
 *   - Same bits on host and device: every target must round float arithmetic to float32 after each operation, in the
 *     order written. So compile with -ffp-contract=off and without -ffast-math; FLT_EVAL_METHOD must be 0 (fmath.h
 *     refuses to compile otherwise).
 */
typedef enum {
    PICKET_DSP_OK = 0,
    PICKET_DSP_BAD_MAGIC,        /* the parameters or the table do not begin with the magic of their kind */
    PICKET_DSP_BAD_LENGTH,       /* the length in bytes is not the one that the counts inside imply */
    PICKET_DSP_BAD_WINDOW,       /* the window is not a power of two in range */
    PICKET_DSP_BAD_RATE,         /* the rate or the hop is zero or out of its range */
    PICKET_DSP_BAD_SCALE,        /* a scale or constant is out of its range or not a number */
    PICKET_DSP_BAD_BANDS,        /* the number of bands is out of range */
    PICKET_DSP_BAD_EDGES,        /* band edges are not strictly ascending within the spectrum */
    PICKET_DSP_BAD_CARRIER,      /* the carrier band does not fit the spectrum or the envelope bands */
    PICKET_DSP_BAD_FEATURES,     /* the number of features or centroids is out of range or not the model's */
    PICKET_DSP_SMALL_MEMORY      /* the caller's memory is smaller than measured */
} picket_dsp_status_t;

/* One clause in English for a status, for the message of an exception. */
const char *picket_dsp_status_text(picket_dsp_status_t status);

#endif
