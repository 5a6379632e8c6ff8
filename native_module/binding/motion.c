/* Motion: features of a body's motion; see dsp/motion.h. */

#include "binding.h"

#include "../dsp/motion.h"

typedef struct {
    mp_obj_base_t base;
    picket_motion_t state;
    float *memory; /* the state works in it; named here so that the garbage collector sees it */
} motion_obj_t;

mp_obj_t picket_motion_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    size_t params_bytes, memory_floats;
    const uint8_t *params = picket_items(args[0], "params", 0, &params_bytes);
    picket_dsp_status_t status = picket_motion_measure(params, params_bytes, &memory_floats);
    if (status == PICKET_DSP_OK) {
        motion_obj_t *self = mp_obj_malloc(motion_obj_t, type);
        self->memory = m_malloc(memory_floats * sizeof(float));
        status = picket_motion_init(&self->state, params, params_bytes, self->memory, memory_floats);
        if (status == PICKET_DSP_OK) {
            return MP_OBJ_FROM_PTR(self);
        }
    }
    picket_raise_value_error_in("params", picket_dsp_status_text(status));
}

static size_t hop_frames(const picket_motion_t *state) {
    return (size_t)state->hop_bins * state->bin_frames;
}

static size_t features(const picket_motion_t *state) {
    return (size_t)state->bins * PICKET_MOTION_VALUES;
}

/* feed(frames, out): the next hop of frames; the features of the window that ends with it; does not allocate */
static mp_obj_t feed(mp_obj_t self_in, mp_obj_t frames_in, mp_obj_t out_in) {
    motion_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t frame_items, out_items;
    const int16_t *frames = picket_items(frames_in, "frames", 'h', &frame_items);
    float *out = picket_writable_items(out_in, "out", 'f', &out_items);
    picket_need_at_least("frames", hop_frames(&self->state) * PICKET_MOTION_CHANNELS, frame_items);
    picket_need_at_least("out", features(&self->state), out_items);
    picket_motion_feed(&self->state, frames, out);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(feed_obj, feed);

/* reset(): what comes next is the beginning of a stream; does not allocate */
static mp_obj_t reset(mp_obj_t self_in) {
    picket_motion_reset(&((motion_obj_t *)MP_OBJ_TO_PTR(self_in))->state);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, reset);

void picket_motion_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; /* attributes can't be set */
    }
    const picket_motion_t *state = &((motion_obj_t *)MP_OBJ_TO_PTR(self_in))->state;
    if (attr == MP_QSTR_features) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(features(state));
    } else if (attr == MP_QSTR_hop) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(hop_frames(state));
    } else if (attr == MP_QSTR_rate_hz) {
        dest[0] = MP_OBJ_NEW_SMALL_INT((state->rate_mhz + 500) / 1000);
    } else if (attr == MP_QSTR_feed) {
        picket_bind_method(dest, &feed_obj, self_in);
    } else if (attr == MP_QSTR_reset) {
        picket_bind_method(dest, &reset_obj, self_in);
    }
}
