/* Mel: log-mel frames of a stream of sound; see dsp/mel.h. */

#include "binding.h"

#include "../dsp/mel.h"

typedef struct {
    mp_obj_base_t base;
    picket_mel_t state;
    float *memory; /* the state works in it; named here so that the garbage collector sees it */
} mel_obj_t;

mp_obj_t picket_mel_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    size_t params_bytes, memory_floats;
    const uint8_t *params = picket_items(args[0], "params", 0, &params_bytes);
    picket_dsp_status_t status = picket_mel_measure(params, params_bytes, &memory_floats);
    if (status == PICKET_DSP_OK) {
        mel_obj_t *self = mp_obj_malloc(mel_obj_t, type);
        self->memory = m_malloc(memory_floats * sizeof(float));
        status = picket_mel_init(&self->state, params, params_bytes, self->memory, memory_floats);
        if (status == PICKET_DSP_OK) {
            return MP_OBJ_FROM_PTR(self);
        }
    }
    picket_raise_value_error_in("params", picket_dsp_status_text(status));
}

/* feed(x, out) -> int: the frames that the samples complete go to the beginning of out; does not allocate */
static mp_obj_t feed(mp_obj_t self_in, mp_obj_t x_in, mp_obj_t out_in) {
    mel_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t x_items, out_items;
    const int16_t *x = picket_items(x_in, "x", 'h', &x_items);
    float *out = picket_writable_items(out_in, "out", 'f', &out_items);
    uint32_t frames = picket_mel_frames(&self->state, x_items);
    picket_need_at_least("out", frames * self->state.bands, out_items);
    picket_mel_feed(&self->state, x, x_items, out);
    return MP_OBJ_NEW_SMALL_INT(frames);
}
static MP_DEFINE_CONST_FUN_OBJ_3(feed_obj, feed);

/* reset(): what comes next is the beginning of a stream; does not allocate */
static mp_obj_t reset(mp_obj_t self_in) {
    picket_mel_reset(&((mel_obj_t *)MP_OBJ_TO_PTR(self_in))->state);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, reset);

void picket_mel_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; /* attributes can't be set */
    }
    const picket_mel_t *state = &((mel_obj_t *)MP_OBJ_TO_PTR(self_in))->state;
    if (attr == MP_QSTR_bands) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->bands);
    } else if (attr == MP_QSTR_hop) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->hop);
    } else if (attr == MP_QSTR_step) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->step);
    } else if (attr == MP_QSTR_rate_hz) {
        dest[0] = MP_OBJ_NEW_SMALL_INT((state->rate_mhz + 500) / 1000);
    } else if (attr == MP_QSTR_feed) {
        picket_bind_method(dest, &feed_obj, self_in);
    } else if (attr == MP_QSTR_reset) {
        picket_bind_method(dest, &reset_obj, self_in);
    }
}
