/* Signal processing without state: functions of the module that fill one buffer from another. None allocates. */

#include "binding.h"

#include "../dsp/centroids.h"
#include "../dsp/dsp_status.h"
#include "../dsp/window_stats.h"

/* gather_i16(src, out, count, stride, offset, at=0): out[at + k] = little-endian int16 at src[k * stride + offset] */
static mp_obj_t gather_i16(size_t n_args, const mp_obj_t *args) {
    size_t src_bytes, out_items;
    const uint8_t *src = picket_items(args[0], "src", 0, &src_bytes);
    int16_t *out = picket_writable_items(args[1], "out", 'h', &out_items);
    mp_int_t count = mp_obj_get_int(args[2]);
    mp_int_t stride = mp_obj_get_int(args[3]);
    mp_int_t offset = mp_obj_get_int(args[4]);
    mp_int_t at = n_args > 5 ? mp_obj_get_int(args[5]) : 0;
    if (count < 0 || stride < 1 || offset < 0 || at < 0) {
        picket_raise_value_error("count, offset and at must not be negative, stride must be positive");
    }
    if ((size_t)at > out_items || (size_t)count > out_items - (size_t)at) {
        picket_raise_value_error("out: too short for count values from at on");
    }
    /* The last value read begins at (count - 1) * stride + offset; compared by division, so that nothing overflows. */
    if (count > 0
        && (src_bytes < sizeof(int16_t) || (size_t)offset > src_bytes - sizeof(int16_t)
            || (size_t)(count - 1) > (src_bytes - sizeof(int16_t) - (size_t)offset) / (size_t)stride)) {
        picket_raise_value_error("src: too short for count values at this stride and offset");
    }
    const uint8_t *from = src + offset;
    for (mp_int_t k = 0; k < count; k++, from += stride) {
        out[at + k] = (int16_t)(uint16_t)(from[0] | from[1] << 8);
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(picket_gather_i16_obj, 5, 6, gather_i16);

/* narrow_i32(src, out, count, shift, start=0, at=0): out[at + k] = little-endian int32 number start + k of src, shifted
 * right, saturated */
static mp_obj_t narrow_i32(size_t n_args, const mp_obj_t *args) {
    size_t src_bytes, out_items;
    const uint8_t *src = picket_items(args[0], "src", 0, &src_bytes);
    int16_t *out = picket_writable_items(args[1], "out", 'h', &out_items);
    mp_int_t count = mp_obj_get_int(args[2]);
    mp_int_t shift = mp_obj_get_int(args[3]);
    mp_int_t start = n_args > 4 ? mp_obj_get_int(args[4]) : 0;
    mp_int_t at = n_args > 5 ? mp_obj_get_int(args[5]) : 0;
    if (count < 0 || start < 0 || at < 0 || shift < 0 || shift > 31) {
        picket_raise_value_error("count, start and at must not be negative, shift must be 0 to 31");
    }
    if ((size_t)at > out_items || (size_t)count > out_items - (size_t)at) {
        picket_raise_value_error("out: too short for count values from at on");
    }
    size_t src_items = src_bytes / sizeof(int32_t);
    if ((size_t)start > src_items || (size_t)count > src_items - (size_t)start) {
        picket_raise_value_error("src: too short for count values from start on");
    }
    const uint8_t *from = src + (size_t)start * sizeof(int32_t);
    for (mp_int_t k = 0; k < count; k++, from += sizeof(int32_t)) {
        int32_t value = (int32_t)(from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24);
        value >>= shift;
        out[at + k] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(picket_narrow_i32_obj, 4, 6, narrow_i32);

/* window_stats(x, scale, out): see dsp/window_stats.h */
static mp_obj_t window_stats(mp_obj_t x_in, mp_obj_t scale_in, mp_obj_t out_in) {
    size_t x_items, out_items;
    const int16_t *x = picket_items(x_in, "x", 'h', &x_items);
    float *out = picket_writable_items(out_in, "out", 'f', &out_items);
    if (x_items == 0 || x_items > PICKET_STATS_MAX_SAMPLES) {
        picket_raise_value_error("x: needs 1 to 16384 items");
    }
    picket_need_at_least("out", PICKET_STATS_COUNT, out_items);
    float scale = mp_obj_get_float_to_f(scale_in);
    if (!(scale > 0.0f)) {
        picket_raise_value_error("scale must be positive");
    }
    picket_window_stats(x, x_items, scale, out);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_3(picket_window_stats_obj, window_stats);

/* centroid_distance(features, table) -> int: see dsp/centroids.h */
static mp_obj_t centroid_distance(mp_obj_t features_in, mp_obj_t table_in) {
    size_t feature_items, table_bytes;
    const float *features = picket_items(features_in, "features", 'f', &feature_items);
    const uint8_t *table = picket_items(table_in, "table", 0, &table_bytes);
    picket_dsp_status_t status = picket_centroids_check(table, table_bytes, feature_items);
    if (status != PICKET_DSP_OK) {
        picket_raise_value_error_in("table", picket_dsp_status_text(status));
    }
    return MP_OBJ_NEW_SMALL_INT(picket_centroids_distance(table, features));
}
MP_DEFINE_CONST_FUN_OBJ_2(picket_centroid_distance_obj, centroid_distance);
