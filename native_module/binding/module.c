/* The module picket_native: its contents, for the firmware and for the .mpy. API: picket_native.pyi. */

#include "binding.h"

/* A build may leave out what is beside the engine: all signal processing, or that of single kinds of pipeline. */
#if PICKET_WITHOUT_VIBRATION
#define VIBRATION_TYPES(X)
#else
#define VIBRATION_TYPES(X) X(MP_QSTR_Vibration, picket_vibration_type, picket_vibration_make_new, picket_vibration_attr)
#endif

#if PICKET_WITHOUT_MEL
#define MEL_TYPES(X)
#define MEL_FUNCTIONS(X)
#else
/* A microphone's samples have 32 bits. */
#define MEL_FUNCTIONS(X) X(MP_QSTR_narrow_i32, picket_narrow_i32_obj)
#define MEL_TYPES(X) X(MP_QSTR_Mel, picket_mel_type, picket_mel_make_new, picket_mel_attr)
#endif

#if PICKET_WITHOUT_IMAGE
#define IMAGE_FUNCTIONS(X)
#else
#define IMAGE_FUNCTIONS(X) \
    X(MP_QSTR_fit_pixels, picket_fit_pixels_obj) \
    X(MP_QSTR_pixel_stats, picket_pixel_stats_obj) \
    X(MP_QSTR_center_pixels, picket_center_pixels_obj)
#endif

#if PICKET_WITHOUT_MOTION
#define MOTION_TYPES(X)
#else
#define MOTION_TYPES(X) X(MP_QSTR_Motion, picket_motion_type, picket_motion_make_new, picket_motion_attr)
#endif

#if PICKET_WITHOUT_HEART
#define HEART_TYPES(X)
#else
#define HEART_TYPES(X) X(MP_QSTR_Heart, picket_heart_type, picket_heart_make_new, picket_heart_attr)
#endif

#if PICKET_WITHOUT_SIGNAL
#define SIGNAL_FUNCTIONS(X)
#define SIGNAL_TYPES(X)
#else
#define SIGNAL_FUNCTIONS(X) \
    X(MP_QSTR_gather_i16, picket_gather_i16_obj) \
    MEL_FUNCTIONS(X) \
    X(MP_QSTR_window_stats, picket_window_stats_obj) \
    X(MP_QSTR_centroid_distance, picket_centroid_distance_obj) \
    IMAGE_FUNCTIONS(X)
#define SIGNAL_TYPES(X) \
    VIBRATION_TYPES(X) \
    MEL_TYPES(X) \
    MOTION_TYPES(X) \
    HEART_TYPES(X) \
    X(MP_QSTR_Complementary, picket_complementary_type, picket_complementary_make_new, picket_complementary_attr) \
    X(MP_QSTR_Kalman, picket_kalman_type, picket_kalman_make_new, picket_kalman_attr) \
    X(MP_QSTR_Madgwick, picket_madgwick_type, picket_madgwick_make_new, picket_madgwick_attr)
#endif

#if PICKET_WITHOUT_SIGNATURE
#define SIGNATURE_FUNCTIONS(X)
#else
#define SIGNATURE_FUNCTIONS(X) X(MP_QSTR_verify, picket_verify_obj)
#endif

#define FUNCTIONS(X) SIGNAL_FUNCTIONS(X) SIGNATURE_FUNCTIONS(X)
#define TYPES(X) X(MP_QSTR_Model, picket_model_type, picket_model_make_new, picket_model_attr) SIGNAL_TYPES(X)

#if MICROPY_ENABLE_DYNRUNTIME

/* Zeroed memory that the loader provides; mpy_ld.py wants it to be global. */
#define DEFINE_TYPE(name_, type_, make_new_, attr_) mp_obj_full_type_t type_;
TYPES(DEFINE_TYPE)

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    (void)n_args;
    (void)n_kw;
    (void)args;
    MP_DYNRUNTIME_INIT_ENTRY

    #define STORE_FUNCTION(name_, object_) mp_store_global(name_, MP_OBJ_FROM_PTR(&object_));
    FUNCTIONS(STORE_FUNCTION)

    #define STORE_TYPE(name_, type_, make_new_, attr_) \
    type_.base.type = &mp_type_type; \
    type_.name = name_; \
    MP_OBJ_TYPE_SET_SLOT(&type_, make_new, make_new_, 0); \
    MP_OBJ_TYPE_SET_SLOT(&type_, attr, attr_, 1); \
    mp_store_global(name_, MP_OBJ_FROM_PTR(&type_));
    TYPES(STORE_TYPE)

    MP_DYNRUNTIME_INIT_EXIT
}

#else

#define DEFINE_TYPE(name_, type_, make_new_, attr_) \
    static MP_DEFINE_CONST_OBJ_TYPE(type_, name_, MP_TYPE_FLAG_NONE, make_new, make_new_, attr, attr_);
TYPES(DEFINE_TYPE)

#define FUNCTION_ENTRY(name_, object_) { MP_ROM_QSTR(name_), MP_ROM_PTR(&object_) },
#define TYPE_ENTRY(name_, type_, make_new_, attr_) { MP_ROM_QSTR(name_), MP_ROM_PTR(&type_) },

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_picket_native) },
    FUNCTIONS(FUNCTION_ENTRY)
    TYPES(TYPE_ENTRY)
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t picket_native_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_picket_native, picket_native_module);

#endif
