#include "../kernels.h"

enum { FIELD_KEEP_DIMS = 0 };

/* Which axes are reduced, as a bit mask. */
static bool read_axes(picket_prepare_t *op, const picket_tensor_info_t *input, uint32_t *reduced) {
    picket_tensor_info_t axes;
    if (!picket_input_info(op, 1, &axes) || !picket_expect_type(op, &axes, PICKET_INT32) || !picket_expect_constant(op, &axes)) {
        return false;
    }
    *reduced = 0;
    for (uint32_t i = 0; i < axes.elements; i++) {
        int32_t axis = picket_constant_i32(op, &axes, i);
        axis += axis < 0 ? input->rank : 0;
        if (axis < 0 || axis >= input->rank) {
            return picket_refuse_tensor(op, &axes, PICKET_ERROR_INVALID, "an axis is out of range");
        }
        *reduced |= 1u << axis;
    }
    return true;
}

static bool check_output_shape(
    picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output, uint32_t reduced, bool keep_dims) {
    int32_t out_axis = 0;
    for (int32_t axis = 0; axis < input->rank; axis++) {
        const bool is_reduced = reduced >> axis & 1;
        if (is_reduced && !keep_dims) {
            continue;
        }
        if (out_axis == output->rank) {
            return picket_expect_rank(op, output, out_axis + 1);
        }
        if (!picket_expect_dim(op, output, out_axis, is_reduced ? 1 : input->dims[axis])) {
            return false;
        }
        out_axis++;
    }
    return picket_expect_rank(op, output, out_axis);
}

/* Sort the axes into kept and reduced ones, outermost first; neighbours of one kind become one axis. The lists end at index 2. */
static void split_axes(const picket_tensor_info_t *input, uint32_t reduced, picket_mean_params_t *mean) {
    int32_t kept_at = 3;
    int32_t reduced_at = 3;
    int32_t last_kind = -1;
    uint32_t stride = 1;
    for (int32_t i = 0; i < 3; i++) {
        mean->kept[i] = mean->reduced[i] = 1;
    }
    for (int32_t axis = input->rank - 1; axis >= 0; axis--) {
        const int32_t kind = (int32_t)(reduced >> axis & 1);
        const uint32_t size = (uint32_t)input->dims[axis];
        if (size == 1) {
            continue;
        }
        int32_t *at = kind ? &reduced_at : &kept_at;
        uint32_t *sizes = kind ? mean->reduced : mean->kept;
        uint32_t *strides = kind ? mean->reduced_stride : mean->kept_stride;
        if (kind != last_kind) {
            *at -= 1;
            strides[*at] = stride;
        }
        sizes[*at] *= size;
        last_kind = kind;
        stride *= size;
    }
}

/* multiplier * 2^shift / count, as TFLite computes it: the multiplier is widened by as many bits as count has, then divided, rounding down. */
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

void picket_prepare_mean(picket_prepare_t *op) {
    picket_tensor_info_t input, output;
    picket_real_t input_scale, output_scale;
    int32_t input_zero_point, output_zero_point;
    uint32_t reduced;
    if (!picket_expect_counts(op, 2, 2, 1) || !picket_input_info(op, 0, &input) || !picket_output_info(op, 0, &output)
        || !picket_expect_type(op, &input, PICKET_INT8) || !picket_expect_type(op, &output, PICKET_INT8)
        || !read_axes(op, &input, &reduced) || !picket_quantization(op, &input, &input_scale, &input_zero_point)
        || !picket_quantization(op, &output, &output_scale, &output_zero_point)
        || !check_output_shape(op, &input, &output, reduced, picket_field_u8(op->reader, &op->options, FIELD_KEEP_DIMS, 0) != 0)) {
        return;
    }
    picket_mean_params_t *mean = (picket_mean_params_t *)picket_use_params(op, sizeof *mean);
    split_axes(&input, reduced, mean);
    const uint32_t count = input.elements / output.elements;
    if (!picket_multiplier(op, picket_real_div(input_scale, output_scale), &mean->multiplier_q31, &mean->shift)) {
        return;
    }
    divide_by_count(count, &mean->multiplier_q31, &mean->shift);
    mean->zero_points = (int32_t)((uint32_t)input_zero_point * count); /* wraps, as the sum does */
    mean->output_zero_point = (int16_t)output_zero_point;
    op->kernel = PICKET_KERNEL_mean_i8;
    picket_use_tensor(op, &input);
    picket_use_tensor(op, &output);
}
