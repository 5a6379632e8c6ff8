/* Heart: heartbeats and how the time between them varies; see dsp/heart.h. */

#include "binding.h"

#include "../dsp/heart.h"

typedef struct {
    mp_obj_base_t base;
    picket_heart_t state;
} heart_obj_t;

mp_obj_t picket_heart_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    size_t params_bytes;
    const uint8_t *params = picket_items(args[0], "params", 0, &params_bytes);
    heart_obj_t *self = mp_obj_malloc(heart_obj_t, type);
    picket_dsp_status_t status = picket_heart_init(&self->state, params, params_bytes);
    if (status != PICKET_DSP_OK) {
        picket_raise_value_error_in("params", picket_dsp_status_text(status));
    }
    return MP_OBJ_FROM_PTR(self);
}

/* feed(x): the next samples of the stream; does not allocate */
static mp_obj_t feed(mp_obj_t self_in, mp_obj_t x_in) {
    size_t x_items;
    const int16_t *x = picket_items(x_in, "x", 'h', &x_items);
    picket_heart_feed(&((heart_obj_t *)MP_OBJ_TO_PTR(self_in))->state, x, x_items);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(feed_obj, feed);

/* compute(out) -> int: features of the newest span, and the normal intervals that they are made of; does not allocate */
static mp_obj_t compute(mp_obj_t self_in, mp_obj_t out_in) {
    size_t out_items;
    float *out = picket_writable_items(out_in, "out", 'f', &out_items);
    picket_need_at_least("out", PICKET_HEART_FEATURES, out_items);
    return MP_OBJ_NEW_SMALL_INT(picket_heart_features(&((heart_obj_t *)MP_OBJ_TO_PTR(self_in))->state, out));
}
static MP_DEFINE_CONST_FUN_OBJ_2(compute_obj, compute);

/* reset(): what comes next is the beginning of a stream; does not allocate */
static mp_obj_t reset(mp_obj_t self_in) {
    picket_heart_reset(&((heart_obj_t *)MP_OBJ_TO_PTR(self_in))->state);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, reset);

void picket_heart_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; /* attributes can't be set */
    }
    const picket_heart_t *state = &((heart_obj_t *)MP_OBJ_TO_PTR(self_in))->state;
    if (attr == MP_QSTR_features) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(PICKET_HEART_FEATURES);
    } else if (attr == MP_QSTR_hop) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->hop);
    } else if (attr == MP_QSTR_span_s) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->span_s);
    } else if (attr == MP_QSTR_rate_hz) {
        dest[0] = MP_OBJ_NEW_SMALL_INT((state->rate_mhz + 500) / 1000);
    } else if (attr == MP_QSTR_feed) {
        picket_bind_method(dest, &feed_obj, self_in);
    } else if (attr == MP_QSTR_compute) {
        picket_bind_method(dest, &compute_obj, self_in);
    } else if (attr == MP_QSTR_reset) {
        picket_bind_method(dest, &reset_obj, self_in);
    }
}
