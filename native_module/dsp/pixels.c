#include "pixels.h"

/* The mean of the source pixels of one field, rounded. */
static uint8_t field_mean(
    const uint8_t *from, uint32_t stride, uint32_t left, uint32_t right, uint32_t top, uint32_t bottom) {
    uint32_t sum = 0;
    for (uint32_t y = top; y < bottom; y++) {
        const uint8_t *row = from + (size_t)y * stride;
        for (uint32_t x = left; x < right; x++) {
            sum += row[x];
        }
    }
    const uint32_t pixels = (right - left) * (bottom - top);
    return (uint8_t)((sum + pixels / 2) / pixels);
}

void picket_fit_pixels(
    const uint8_t *from, uint32_t from_width, uint32_t from_height, uint8_t *to, uint32_t width, uint32_t height) {
    /* Of the source, as much as has the target's shape: compared crosswise, without a fraction. */
    uint32_t used_width = from_width, used_height = from_height;
    if (from_width * height > from_height * width) {
        used_width = from_height * width / height;
        used_width = used_width ? used_width : 1;
    } else {
        used_height = from_width * height / width;
        used_height = used_height ? used_height : 1;
    }
    from += (size_t)((from_height - used_height) / 2) * from_width + (from_width - used_width) / 2;
    for (uint32_t y = 0; y < height; y++) {
        const uint32_t top = y * used_height / height;
        const uint32_t bottom = (y + 1) * used_height / height;
        for (uint32_t x = 0; x < width; x++) {
            const uint32_t left = x * used_width / width;
            const uint32_t right = (x + 1) * used_width / width;
            *to++ = field_mean(
                from, from_width, left, right > left ? right : left + 1, top, bottom > top ? bottom : top + 1);
        }
    }
}

void picket_pixel_stats(const uint8_t *pixels, size_t count, int16_t out[PICKET_PIXELS_STATS]) {
    uint8_t darkest = 255, brightest = 0;
    uint32_t sum = 0;
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < count; i++) {
        const uint8_t pixel = pixels[i];
        darkest = pixel < darkest ? pixel : darkest;
        brightest = pixel > brightest ? pixel : brightest;
        sum += pixel;
        hash = (hash ^ pixel) * 16777619u;
    }
    hash ^= hash >> 30; /* the two bits that find no room are not lost */
    out[PICKET_PIXELS_DARKEST] = count ? darkest : 0;
    out[PICKET_PIXELS_BRIGHTEST] = brightest;
    out[PICKET_PIXELS_MEAN] = (int16_t)(count ? sum / count : 0);
    out[PICKET_PIXELS_SIGN_LOW] = (int16_t)(count ? hash & 0x7fff : 0);
    out[PICKET_PIXELS_SIGN_HIGH] = (int16_t)(count ? hash >> 15 & 0x7fff : 0);
}

void picket_center_pixels(const uint8_t *pixels, size_t count, int8_t *out) {
    for (size_t i = 0; i < count; i++) {
        out[i] = (int8_t)(pixels[i] - 128);
    }
}
