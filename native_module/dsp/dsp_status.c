#include "dsp_status.h"

const char *picket_dsp_status_text(picket_dsp_status_t status) {
    switch (status) {
        case PICKET_DSP_OK:
            return "no error";
        case PICKET_DSP_BAD_MAGIC:
            return "wrong magic: not a file of this kind";
        case PICKET_DSP_BAD_LENGTH:
            return "length does not agree with the counts inside";
        case PICKET_DSP_BAD_WINDOW:
            return "window is not a power of two in its range";
        case PICKET_DSP_BAD_RATE:
            return "rate or hop is zero or out of its range";
        case PICKET_DSP_BAD_SCALE:
            return "a scale is not a finite number in its range";
        case PICKET_DSP_BAD_BANDS:
            return "number of bands is not within 1 to 64";
        case PICKET_DSP_BAD_EDGES:
            return "band edges are not strictly ascending within the spectrum";
        case PICKET_DSP_BAD_CARRIER:
            return "carrier band does not fit the spectrum and the envelope bands";
        case PICKET_DSP_BAD_FEATURES:
            return "number of features or centroids is out of range or not the expected one";
        case PICKET_DSP_SMALL_MEMORY:
            return "memory is too small";
    }
    return "unknown status";
}
