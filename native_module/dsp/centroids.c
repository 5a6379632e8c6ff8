#include "centroids.h"

#include <stdbool.h>

#include "fmath.h"
#include "little_endian.h"

#define MAX_FEATURES 1024u
#define MAX_CENTROIDS 256u

/* Offsets in the table; see centroids.h. */
enum { AT_KIND = 3, AT_FEATURES = 4, AT_CENTROIDS = 6, AT_THRESHOLD = 8, AT_VALUES = 12 };

static bool has_gaussians(const uint8_t *table) {
    return table[AT_KIND] == '2';
}

picket_dsp_status_t picket_centroids_check(const uint8_t *table, size_t table_bytes, size_t features) {
    if (table_bytes < AT_VALUES) {
        return PICKET_DSP_BAD_LENGTH;
    }
    if (table[0] != 'P' || table[1] != 'A' || table[2] != 'N' || (table[AT_KIND] != '1' && !has_gaussians(table))) {
        return PICKET_DSP_BAD_MAGIC;
    }
    uint32_t width = picket_le_u16(table + AT_FEATURES);
    uint32_t centroids = picket_le_u16(table + AT_CENTROIDS);
    if (width == 0 || width > MAX_FEATURES || width != features || centroids == 0 || centroids > MAX_CENTROIDS) {
        return PICKET_DSP_BAD_FEATURES;
    }
    uint32_t each = has_gaussians(table) ? 1u + 2u * width : width;
    uint32_t values = 2u * width + each * centroids;
    if (table_bytes != AT_VALUES + 4u * (size_t)values) {
        return PICKET_DSP_BAD_LENGTH;
    }
    float threshold = picket_le_f32(table + AT_THRESHOLD);
    if (!(threshold > 0.0f) || !picket_is_finite(threshold)) {
        return PICKET_DSP_BAD_SCALE;
    }
    for (uint32_t i = 0; i < values; i++) {
        float value = picket_le_f32(table + AT_VALUES + 4u * i);
        bool is_offset = each != width && i >= 2u * width && (i - 2u * width) % each == 0;
        if (!picket_is_finite(value) || (is_offset && value < 0.0f)) {
            return PICKET_DSP_BAD_SCALE;
        }
    }
    return PICKET_DSP_OK;
}

int32_t picket_centroids_distance(const uint8_t *table, const float *features) {
    const bool gaussians = has_gaussians(table);
    uint32_t width = picket_le_u16(table + AT_FEATURES);
    uint32_t centroids = picket_le_u16(table + AT_CENTROIDS);
    const uint8_t *mean = table + AT_VALUES;
    const uint8_t *inv_std = mean + 4u * width;
    const uint8_t *values = inv_std + 4u * width;
    float nearest = FLT_MAX;
    for (uint32_t c = 0; c < centroids; c++) {
        float sum = 0.0f;
        if (gaussians) {
            sum = picket_le_f32(values);
            values += 4;
        }
        for (uint32_t i = 0; i < width; i++, values += 4) {
            float standardised = (features[i] - picket_le_f32(mean + 4u * i)) * picket_le_f32(inv_std + 4u * i);
            float d = standardised - picket_le_f32(values);
            if (gaussians) {
                d *= picket_le_f32(values + 4u * width);
            }
            sum += d * d;
        }
        values += gaussians ? 4u * width : 0;
        nearest = sum < nearest ? sum : nearest; /* a NaN is never nearer */
    }
    float score = picket_sqrtf(nearest) / picket_le_f32(table + AT_THRESHOLD) * 1000.0f + 0.5f;
    return score < (float)PICKET_CENTROIDS_MAX ? (int32_t)score : PICKET_CENTROIDS_MAX;
}
