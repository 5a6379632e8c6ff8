/* Vibration: features of one window of acceleration; see dsp/vibration.h. */

#include "binding.h"

#include "../dsp/vibration.h"

typedef struct {
    mp_obj_base_t base;
    picket_vibration_t state;
    float *memory; /* the state works in it; named here so that the garbage collector sees it */
} vibration_obj_t;

mp_obj_t picket_vibration_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    size_t params_bytes, memory_floats;
    const uint8_t *params = picket_items(args[0], "params", 0, &params_bytes);
    picket_dsp_status_t status = picket_vibration_measure(params, params_bytes, &memory_floats);
    if (status == PICKET_DSP_OK) {
        vibration_obj_t *self = mp_obj_malloc(vibration_obj_t, type);
        self->memory = m_malloc(memory_floats * sizeof(float));
        status = picket_vibration_init(&self->state, params, params_bytes, self->memory, memory_floats);
        if (status == PICKET_DSP_OK) {
            return MP_OBJ_FROM_PTR(self);
        }
    }
    picket_raise_value_error_in("params", picket_dsp_status_text(status));
}

/* compute(x, out): one window of counts to one feature vector, which uses `samples` up; does not allocate */
static mp_obj_t compute(mp_obj_t self_in, mp_obj_t x_in, mp_obj_t out_in) {
    vibration_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t x_items, out_items;
    const int16_t *x = picket_items(x_in, "x", 'h', &x_items);
    float *out = picket_writable_items(out_in, "out", 'f', &out_items);
    picket_need_exactly("x", self->state.window, x_items);
    picket_need_exactly("out", self->state.features, out_items);
    picket_vibration_compute(&self->state, x, out);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(compute_obj, compute);

void picket_vibration_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; /* attributes can't be set */
    }
    const picket_vibration_t *state = &((vibration_obj_t *)MP_OBJ_TO_PTR(self_in))->state;
    if (attr == MP_QSTR_features) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->features);
    } else if (attr == MP_QSTR_window) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->window);
    } else if (attr == MP_QSTR_hop_ms) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(state->hop_ms);
    } else if (attr == MP_QSTR_rate_hz) {
        dest[0] = MP_OBJ_NEW_SMALL_INT((state->rate_mhz + 500) / 1000);
    } else if (attr == MP_QSTR_samples) {
        dest[0] = picket_new_view(((vibration_obj_t *)MP_OBJ_TO_PTR(self_in))->memory, 'h', 0, state->window);
    } else if (attr == MP_QSTR_compute) {
        picket_bind_method(dest, &compute_obj, self_in);
    }
}
