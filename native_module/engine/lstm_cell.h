/* What LSTM does with the sums of its gates, whatever they were summed from. */
#ifndef PICKET_LSTM_CELL_H
#define PICKET_LSTM_CELL_H

#include "kernels.h"

/*
 * One step of one unit: updates its cell.
 *
 * gates   sums of the gates, with a scale of 2^-12, each within int16
 * cell    the unit's state
 * Returns the output, with the output's scale, neither clamped nor with its zero point.
 */
int32_t picket_lstm_cell(const picket_lstm_params_t *lstm, const int32_t *gates, int16_t *cell);

#endif
