#ifndef PICKET_CENTROIDS_H
#define PICKET_CENTROIDS_H

#include <stddef.h>
#include <stdint.h>

#include "dsp_status.h"

/*
 * Anomaly score: how far a feature vector lies from what is known as healthy.
 *
 * Table ("anomaly.bin"), little-endian, need not be aligned. Of centroids (K-means):
 *
 *   0  "PAN1"
 *   4  u16 features       1..1024
 *   6  u16 centroids      1..256
 *   8  f32 threshold      > 0, finite, a distance
 *   .. f32 mean[features]
 *   .. f32 inv_std[features]
 *   .. f32 centroid[centroids][features]   in standardised units
 *
 * distance = the smallest over the centroids of sqrt(sum(((x - mean) * inv_std - centroid)^2)).
 *
 * Of Gaussians (a mixture with diagonal covariances): "PAN2", the same up to inv_std, then for each of them
 *
 *   .. f32 offset                 >= 0
 *   .. f32 centre[features]       in standardised units
 *   .. f32 inv_dev[features]      1 / standard deviation, in standardised units
 *
 * distance = the smallest over the Gaussians of sqrt(offset + sum((((x - mean) * inv_std - centre) * inv_dev)^2)).
 * With offset = sum(log(variance)) - 2 log(weight), less the smallest of them, that is the likelihood of the most likely
 * Gaussian: neither an exponential nor a logarithm is needed.
 */

/* The largest score: so far away that more digits say nothing. Also the score of features that are not numbers. */
#define PICKET_CENTROIDS_MAX 999999

/* Checks a table of either kind from an untrusted file; every value in it must be finite. */
picket_dsp_status_t picket_centroids_check(const uint8_t *table, size_t table_bytes, size_t features);

/*
 * Distance to the nearest centroid or Gaussian in thousandths of the threshold: 1000 = exactly at it. 0..PICKET_CENTROIDS_MAX.
 *
 *   features  in: as many floats as the table says; the caller has checked the table with picket_centroids_check()
 */
int32_t picket_centroids_distance(const uint8_t *table, const float *features);

#endif
