/* Complementary, Kalman, Madgwick: attitude from accelerometer and gyroscope; see dsp/fusion.h. */

#include "binding.h"

#include "../dsp/fusion.h"

typedef struct {
    mp_obj_base_t base;
    picket_complementary_t filter;
} complementary_obj_t;

typedef struct {
    mp_obj_base_t base;
    picket_kalman_t filter;
} kalman_obj_t;

typedef struct {
    mp_obj_base_t base;
    picket_madgwick_t filter;
} madgwick_obj_t;

/* The numbers that every filter begins with: rate_hz, accel_lsb_per_g, gyro_lsb_per_dps. */
static picket_imu_scale_t scale_of(const mp_obj_t *args) {
    picket_imu_scale_t scale;
    scale.rate_hz = mp_obj_get_float_to_f(args[0]);
    scale.accel_lsb_per_g = mp_obj_get_float_to_f(args[1]);
    scale.gyro_lsb_per_dps = mp_obj_get_float_to_f(args[2]);
    return scale;
}

static mp_obj_t made(void *self, picket_dsp_status_t status) {
    if (status != PICKET_DSP_OK) {
        picket_raise_value_error(picket_dsp_status_text(status));
    }
    return MP_OBJ_FROM_PTR(self);
}

mp_obj_t picket_complementary_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 4, 4, false);
    picket_imu_scale_t scale = scale_of(args);
    complementary_obj_t *self = mp_obj_malloc(complementary_obj_t, type);
    return made(self, picket_complementary_init(&self->filter, &scale, mp_obj_get_float_to_f(args[3])));
}

mp_obj_t picket_kalman_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 6, 6, false);
    picket_imu_scale_t scale = scale_of(args);
    float angle_noise = mp_obj_get_float_to_f(args[3]);
    float bias_noise = mp_obj_get_float_to_f(args[4]);
    float measure_noise = mp_obj_get_float_to_f(args[5]);
    kalman_obj_t *self = mp_obj_malloc(kalman_obj_t, type);
    return made(self, picket_kalman_init(&self->filter, &scale, angle_noise, bias_noise, measure_noise));
}

mp_obj_t picket_madgwick_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 4, 4, false);
    picket_imu_scale_t scale = scale_of(args);
    madgwick_obj_t *self = mp_obj_malloc(madgwick_obj_t, type);
    return made(self, picket_madgwick_init(&self->filter, &scale, mp_obj_get_float_to_f(args[3])));
}

/* The buffers of update(frame, out). A frame of seven has the temperature between accelerometer and gyroscope. */
typedef struct {
    const int16_t *accel;
    const int16_t *gyro;
    int16_t *out_cdeg;
} update_t;

static update_t update_of(mp_obj_t frame_in, mp_obj_t out_in, size_t outputs) {
    size_t frame_items, out_items;
    const int16_t *frame = picket_items(frame_in, "frame", 'h', &frame_items);
    int16_t *out_cdeg = picket_writable_items(out_in, "out", 'h', &out_items);
    if (frame_items != 6 && frame_items != 7) {
        picket_raise_value_error("frame: needs 6 or 7 items");
    }
    picket_need_at_least("out", outputs, out_items);
    update_t u = {frame, frame + (frame_items - 3), out_cdeg};
    return u;
}

static mp_obj_t complementary_update(mp_obj_t self_in, mp_obj_t frame_in, mp_obj_t out_in) {
    complementary_obj_t *self = MP_OBJ_TO_PTR(self_in);
    update_t u = update_of(frame_in, out_in, PICKET_COMPLEMENTARY_OUTPUTS);
    picket_complementary_update(&self->filter, u.accel, u.gyro, u.out_cdeg);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(complementary_update_obj, complementary_update);

static mp_obj_t kalman_update(mp_obj_t self_in, mp_obj_t frame_in, mp_obj_t out_in) {
    kalman_obj_t *self = MP_OBJ_TO_PTR(self_in);
    update_t u = update_of(frame_in, out_in, PICKET_KALMAN_OUTPUTS);
    picket_kalman_update(&self->filter, u.accel, u.gyro, u.out_cdeg);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(kalman_update_obj, kalman_update);

static mp_obj_t madgwick_update(mp_obj_t self_in, mp_obj_t frame_in, mp_obj_t out_in) {
    madgwick_obj_t *self = MP_OBJ_TO_PTR(self_in);
    update_t u = update_of(frame_in, out_in, PICKET_MADGWICK_OUTPUTS);
    picket_madgwick_update(&self->filter, u.accel, u.gyro, u.out_cdeg);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(madgwick_update_obj, madgwick_update);

static void attr_update(mp_obj_t self_in, qstr attr, mp_obj_t *dest, const void *update) {
    if (dest[0] == MP_OBJ_NULL && attr == MP_QSTR_update) {
        picket_bind_method(dest, update, self_in);
    }
}

void picket_complementary_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    attr_update(self_in, attr, dest, &complementary_update_obj);
}

void picket_kalman_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    attr_update(self_in, attr, dest, &kalman_update_obj);
}

void picket_madgwick_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    attr_update(self_in, attr, dest, &madgwick_update_obj);
}
