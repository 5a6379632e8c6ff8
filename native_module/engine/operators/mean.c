#include "reduction.h"

#if PICKET_OP_MEAN
/* multiplier * 2^shift / count, as TFLite computes it: the multiplier is widened by as many bits as count has, then
 * divided, rounding down. */
static void divide_by_count(uint32_t count, int32_t *multiplier_q31, int32_t *shift) {
    int32_t widened = 0;
    while (count >> widened > 1) {
        widened++;
    }
    if (widened > 31 + *shift) {
        widened = 31 + *shift;
    }
    uint64_t remainder = 0;
    uint64_t quotient = 0;
    for (int32_t bit = 30 + widened; bit >= 0; bit--) {
        const uint32_t next = bit >= widened ? (uint32_t)*multiplier_q31 >> (bit - widened) & 1 : 0;
        remainder = remainder << 1 | next;
        quotient <<= 1;
        if (remainder >= count) {
            remainder -= count;
            quotient |= 1;
        }
    }
    *multiplier_q31 = (int32_t)quotient;
    *shift -= widened;
}
#endif

/* SUM, and MEAN but for the division: the accumulator's multiplier is that of the sum. Returns NULL after a fault. */
static picket_mean_params_t *prepare_sum(picket_prepare_t *op, uint32_t *count) {
    picket_tensor_info_t input, output;
    picket_real_t input_scale, output_scale;
    int32_t input_zero_point, output_zero_point;
    picket_mean_params_t *mean = (picket_mean_params_t *)picket_use_params(op, sizeof *mean);
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || (input.type != PICKET_INT16 && !picket_expect_type(op, &input, PICKET_INT8))
        || !picket_prepare_reduction(op, &input, &output, &mean->axes)
        || !picket_quantization(op, &input, &input_scale, &input_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !picket_multiplier(op, picket_real_div(input_scale, output_scale), &mean->multiplier_q31, &mean->shift)) {
        return NULL;
    }
    *count = input.elements / output.elements;
    mean->zero_points = (int32_t)((uint32_t)input_zero_point * *count); /* wraps, as the sum does */
    mean->output_zero_point = (int16_t)output_zero_point;
    mean->wide = input.type == PICKET_INT16;
    op->kernel = PICKET_KERNEL_mean_int;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
    return mean;
}

#if PICKET_OP_MEAN
void picket_prepare_mean(picket_prepare_t *op) {
    uint32_t count;
    picket_mean_params_t *mean = prepare_sum(op, &count);
    if (mean) {
        divide_by_count(count, &mean->multiplier_q31, &mean->shift);
    }
}
#endif

#if PICKET_OP_SUM
void picket_prepare_sum(picket_prepare_t *op) {
    uint32_t count;
    prepare_sum(op, &count);
}
#endif
