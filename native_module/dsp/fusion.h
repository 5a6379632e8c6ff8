#ifndef PICKET_FUSION_H
#define PICKET_FUSION_H

#include <stdint.h>

#include "dsp_status.h"

/*
 * Attitude from an accelerometer and a gyroscope: raw counts in, hundredths of a degree out, so that nothing on the
 * sample path is a float object under MicroPython.
 *
 * Frame: x forward, y left, z up; at rest and level the accelerometer reads +1 g on z. Rates are right-handed.
 *
 *   roll   about x, -180..180 degrees; at rest atan2(ay, az)
 *   pitch  about y, -90..90 degrees; at rest atan2(-ax, sqrt(ay^2 + az^2))
 *
 * All filters start from the first accelerometer reading, so they need no settling. A reading whose magnitude is not
 * within 0.5..1.5 g is not gravity (a blow, free fall, a saturated axis): only the gyroscope is used for it.
 *
 * MicroPython (picket_native): the constructors take numbers, update() takes and fills buffers of int16.
 *
 *     f = Complementary(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, tau_s)
 *     f = Kalman(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, angle_noise, bias_noise, measure_noise)
 *     f = Madgwick(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, beta)
 *     f.update(frame_h, out_h)
 *
 * frame_h holds ax ay az gx gy gz, or ax ay az temperature gx gy gz (the burst of an MPU-6050);
 * out_h holds PICKET_*_OUTPUTS values.
 */

/* Same for all filters. All within 0.1..1e5. */
typedef struct {
    float rate_hz;            /* updates per second */
    float accel_lsb_per_g;
    float gyro_lsb_per_dps;   /* counts per degree per second */
} picket_imu_scale_t;

/* What update() writes: out_cdeg[0] roll, [1] pitch, [2] yaw (Madgwick) in hundredths of a degree. */
#define PICKET_COMPLEMENTARY_OUTPUTS 2
#define PICKET_KALMAN_OUTPUTS 2
#define PICKET_MADGWICK_OUTPUTS 3

/*
 * Complementary filter on the direction of gravity: the gyroscope turns the estimate, the accelerometer pulls at it
 * with the time constant tau (1 ms to 10,000 s). Working on the vector instead of on angles, it has no gimbal lock
 * and no wrap-around.
 */
typedef struct {
    float gravity[3];         /* unit vector in the sensor's frame */
    float pull;               /* dt / (tau + dt) */
    float radians_per_count;  /* gyroscope counts to radians per update */
    float g_per_count;
    int32_t started;
} picket_complementary_t;

picket_dsp_status_t picket_complementary_init(picket_complementary_t *f, const picket_imu_scale_t *scale, float tau_s);
void picket_complementary_update(
    picket_complementary_t *f, const int16_t accel[3], const int16_t gyro[3],
    int16_t out_cdeg[PICKET_COMPLEMENTARY_OUTPUTS]);

/*
 * Kalman filter per axis with the state (angle, bias of the gyroscope).
 *
 *   angle_noise    variance that a second of integration adds to the angle, degrees^2/s      (0.001 suits an MPU-6050)
 *   bias_noise     variance that a second adds to the bias, (degrees/s)^2/s                  (0.003)
 *   measure_noise  variance of the accelerometer's angle, degrees^2                          (0.03)
 *
 * Each within 1e-9..1e3. The bias is that of the Euler angle's rate, which is the gyroscope's while the other angle
 * is small.
 */
typedef struct {
    float angle;              /* radians */
    float bias;               /* radians per second */
    float p00, p01, p11;      /* covariance, symmetric */
} picket_kalman_axis_t;

typedef struct {
    picket_kalman_axis_t roll, pitch;
    float dt_s;
    float angle_variance;     /* added per update, radians^2 */
    float bias_variance;      /* added per update, (radians/s)^2 */
    float measure_variance;   /* radians^2 */
    float rate_per_count;     /* radians per second and count */
    float g_per_count;
    int32_t started;
} picket_kalman_t;

picket_dsp_status_t picket_kalman_init(
    picket_kalman_t *f, const picket_imu_scale_t *scale, float angle_noise, float bias_noise, float measure_noise);
void picket_kalman_update(
    picket_kalman_t *f, const int16_t accel[3], const int16_t gyro[3], int16_t out_cdeg[PICKET_KALMAN_OUTPUTS]);

/*
 * Madgwick's gradient-descent filter for an IMU (S. Madgwick, "An efficient orientation filter for inertial and
 * inertial/magnetic sensor arrays", 2010, equations 25, 26, 43 and 44). Yaw is relative to the start and drifts with
 * the gyroscope.
 *
 *   beta  gain: expected gyroscope error, radians per second, 1e-6..rate_hz/2 (0.03..0.1 suits an MPU-6050)
 */
typedef struct {
    float q[4];               /* unit quaternion, sensor to earth: w x y z */
    float beta;               /* radians per update */
    float radians_per_count;
    float g_per_count;
    int32_t started;
} picket_madgwick_t;

picket_dsp_status_t picket_madgwick_init(picket_madgwick_t *f, const picket_imu_scale_t *scale, float beta);
void picket_madgwick_update(
    picket_madgwick_t *f, const int16_t accel[3], const int16_t gyro[3], int16_t out_cdeg[PICKET_MADGWICK_OUTPUTS]);

#endif
