/* Grey pictures: functions that fill one buffer from another. None allocates; see dsp/pixels.h. */

#include "binding.h"

#include "../dsp/pixels.h"

static uint32_t side(mp_obj_t object) {
    mp_int_t pixels = mp_obj_get_int(object);
    if (pixels < 1 || pixels > PICKET_PIXELS_MAX_SIDE) {
        picket_raise_value_error("width and height must be 1 to 4096");
    }
    return (uint32_t)pixels;
}

/* fit_pixels(src, src_width, src_height, out, width, height): the middle of a picture, shrunk to another size */
static mp_obj_t fit_pixels(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    size_t src_bytes, out_bytes;
    const uint8_t *src = picket_items(args[0], "src", 0, &src_bytes);
    const uint32_t src_width = side(args[1]), src_height = side(args[2]);
    uint8_t *out = picket_writable_items(args[3], "out", 0, &out_bytes);
    const uint32_t width = side(args[4]), height = side(args[5]);
    picket_need_at_least("src", (size_t)src_width * src_height, src_bytes);
    picket_need_exactly("out", (size_t)width * height, out_bytes);
    picket_fit_pixels(src, src_width, src_height, out, width, height);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(picket_fit_pixels_obj, 6, 6, fit_pixels);

/* pixel_stats(pixels, out): darkest, brightest, mean, and a signature in two halves, to an array('h') */
static mp_obj_t pixel_stats(mp_obj_t pixels_in, mp_obj_t out_in) {
    size_t bytes, items;
    const uint8_t *pixels = picket_items(pixels_in, "pixels", 0, &bytes);
    int16_t *out = picket_writable_items(out_in, "out", 'h', &items);
    if (bytes > (size_t)PICKET_PIXELS_MAX_SIDE * PICKET_PIXELS_MAX_SIDE) {
        picket_raise_value_error("pixels: more than 4096 times 4096");
    }
    picket_need_at_least("out", PICKET_PIXELS_STATS, items);
    picket_pixel_stats(pixels, bytes, out);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(picket_pixel_stats_obj, pixel_stats);

/* center_pixels(pixels, out): pixel - 128, as int8 models take them */
static mp_obj_t center_pixels(mp_obj_t pixels_in, mp_obj_t out_in) {
    size_t bytes, items;
    const uint8_t *pixels = picket_items(pixels_in, "pixels", 0, &bytes);
    int8_t *out = picket_writable_items(out_in, "out", 0, &items);
    picket_need_exactly("out", bytes, items);
    picket_center_pixels(pixels, bytes, out);
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(picket_center_pixels_obj, center_pixels);
