#include "fusion.h"

#include "fmath.h"

#define RADIANS_PER_DEGREE (PICKET_PI / 180.0f)
#define CDEG_PER_RADIAN (18000.0f / PICKET_PI)

/* Outside these magnitudes, in g, squared, an accelerometer measures something else than gravity. */
#define LEAST_GRAVITY2 (0.5f * 0.5f)
#define MOST_GRAVITY2 (1.5f * 1.5f)

/* Closer to the vertical than this (2.9 degrees), roll is not defined well enough to be corrected or turned by. */
#define LEAST_COS_PITCH 0.05f

typedef struct {
    float x, y, z;
} vector_t;

/* False for NaN too. Within these limits no reading, however wrong, makes a state infinite. */
static int is_within(float x, float least, float most) {
    return x >= least && x <= most;
}

static int is_scale(const picket_imu_scale_t *scale) {
    return is_within(scale->rate_hz, 0.1f, 1e5f) && is_within(scale->accel_lsb_per_g, 0.1f, 1e5f)
           && is_within(scale->gyro_lsb_per_dps, 0.1f, 1e5f);
}

static vector_t scaled(const int16_t counts[3], float unit) {
    vector_t v = {(float)counts[0] * unit, (float)counts[1] * unit, (float)counts[2] * unit};
    return v;
}

static float squared_length(vector_t v) {
    return v.x * v.x + v.y * v.y + v.z * v.z;
}

static vector_t normalised(vector_t v) {
    float inverse = 1.0f / picket_sqrtf(squared_length(v));
    vector_t unit = {v.x * inverse, v.y * inverse, v.z * inverse};
    return unit;
}

/* The reading as a unit vector; returns 0, and points up, if it is not gravity. */
static int gravity_of(const int16_t accel[3], float g_per_count, vector_t *unit) {
    vector_t a = scaled(accel, g_per_count);
    float magnitude2 = squared_length(a);
    int is_gravity = magnitude2 >= LEAST_GRAVITY2 && magnitude2 <= MOST_GRAVITY2;
    const vector_t level = {0.0f, 0.0f, 1.0f};
    *unit = is_gravity ? normalised(a) : level;
    return is_gravity;
}

static float roll_of(vector_t up) {
    return picket_atan2f(up.y, up.z);
}

static float pitch_of(vector_t up) {
    return picket_atan2f(-up.x, picket_sqrtf(up.y * up.y + up.z * up.z));
}

static int16_t cdeg(float radians) {
    float value = radians * CDEG_PER_RADIAN;
    int32_t rounded = (int32_t)(value < 0.0f ? value - 0.5f : value + 0.5f);
    return (int16_t)(rounded > 18000 ? 18000 : rounded < -18000 ? -18000 : rounded);
}

/* Complementary filter */

picket_dsp_status_t picket_complementary_init(picket_complementary_t *f, const picket_imu_scale_t *scale, float tau_s) {
    if (!is_scale(scale) || !is_within(tau_s, 1e-3f, 1e4f)) {
        return PICKET_DSP_BAD_SCALE;
    }
    f->gravity[0] = 0.0f;
    f->gravity[1] = 0.0f;
    f->gravity[2] = 1.0f;
    f->pull = 1.0f / (tau_s * scale->rate_hz + 1.0f);
    f->radians_per_count = RADIANS_PER_DEGREE / scale->gyro_lsb_per_dps / scale->rate_hz;
    f->g_per_count = 1.0f / scale->accel_lsb_per_g;
    f->started = 0;
    return PICKET_DSP_OK;
}

static vector_t cross(vector_t a, vector_t b) {
    vector_t c = {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
    return c;
}

/* A direction that stands still on earth turns by -turn in the sensor's frame: second order in the angle. */
static vector_t turned_back(vector_t v, vector_t turn) {
    vector_t first = cross(v, turn);
    vector_t second = cross(first, turn);
    vector_t out = {v.x + first.x + 0.5f * second.x, v.y + first.y + 0.5f * second.y, v.z + first.z + 0.5f * second.z};
    return out;
}

void picket_complementary_update(
    picket_complementary_t *f, const int16_t accel[3], const int16_t gyro[3],
    int16_t out_cdeg[PICKET_COMPLEMENTARY_OUTPUTS]) {
    vector_t measured;
    int is_measured = gravity_of(accel, f->g_per_count, &measured);
    vector_t up = {f->gravity[0], f->gravity[1], f->gravity[2]};
    if (f->started) {
        up = turned_back(up, scaled(gyro, f->radians_per_count));
        if (is_measured) {
            up.x += f->pull * (measured.x - up.x);
            up.y += f->pull * (measured.y - up.y);
            up.z += f->pull * (measured.z - up.z);
        }
        /* Where the two pointed in opposite directions, half way is nowhere. */
        up = squared_length(up) > LEAST_GRAVITY2 ? normalised(up) : measured;
    } else if (is_measured) {
        up = measured;
        f->started = 1;
    }
    f->gravity[0] = up.x;
    f->gravity[1] = up.y;
    f->gravity[2] = up.z;
    out_cdeg[0] = cdeg(roll_of(up));
    out_cdeg[1] = cdeg(pitch_of(up));
}

/* Kalman filter */

picket_dsp_status_t picket_kalman_init(
    picket_kalman_t *f, const picket_imu_scale_t *scale, float angle_noise, float bias_noise, float measure_noise) {
    if (!is_scale(scale) || !is_within(angle_noise, 1e-9f, 1e3f) || !is_within(bias_noise, 1e-9f, 1e3f)
        || !is_within(measure_noise, 1e-9f, 1e3f)) {
        return PICKET_DSP_BAD_SCALE;
    }
    const float square = RADIANS_PER_DEGREE * RADIANS_PER_DEGREE;
    f->dt_s = 1.0f / scale->rate_hz;
    f->angle_variance = angle_noise * square * f->dt_s;
    f->bias_variance = bias_noise * square * f->dt_s;
    f->measure_variance = measure_noise * square;
    f->rate_per_count = RADIANS_PER_DEGREE / scale->gyro_lsb_per_dps;
    f->g_per_count = 1.0f / scale->accel_lsb_per_g;
    const picket_kalman_axis_t unknown = {0.0f, 0.0f, f->measure_variance, 0.0f, f->bias_variance};
    f->roll = unknown;
    f->pitch = unknown;
    f->started = 0;
    return PICKET_DSP_OK;
}

/* The same direction within -pi..pi. */
static float wrapped(float angle) {
    float turns = angle * (0.5f / PICKET_PI);
    int32_t whole = (int32_t)(turns < 0.0f ? turns - 0.5f : turns + 0.5f);
    return angle - (float)whole * (2.0f * PICKET_PI);
}

/*
 * Prediction with F = [[1, -dt], [0, 1]], input B = [dt, 0] and process noise diag(angle, bias): x = F x + B rate, P
 * = F P F' + Q, written out. (R. E. Kalman, "A New Approach to Linear Filtering and Prediction Problems", 1960.)
 */
static void predict(picket_kalman_axis_t *axis, const picket_kalman_t *f, float rate) {
    float dt = f->dt_s;
    axis->angle = wrapped(axis->angle + dt * (rate - axis->bias));
    axis->p00 += dt * (dt * axis->p11 - 2.0f * axis->p01) + f->angle_variance;
    axis->p01 -= dt * axis->p11;
    axis->p11 += f->bias_variance;
}

/* Correction with H = [1, 0]: K = P H' / (H P H' + R), x = x + K y, P = (I - K H) P, written out. */
static void correct(picket_kalman_axis_t *axis, const picket_kalman_t *f, float measured) {
    float innovation = wrapped(measured - axis->angle);
    float total = axis->p00 + f->measure_variance;
    float angle_gain = axis->p00 / total;
    float bias_gain = axis->p01 / total;
    axis->angle += angle_gain * innovation;
    axis->bias += bias_gain * innovation;
    axis->p11 -= bias_gain * axis->p01;
    axis->p01 -= angle_gain * axis->p01;
    axis->p00 -= angle_gain * axis->p00;
}

void picket_kalman_update(
    picket_kalman_t *f, const int16_t accel[3], const int16_t gyro[3], int16_t out_cdeg[PICKET_KALMAN_OUTPUTS]) {
    vector_t up;
    int is_measured = gravity_of(accel, f->g_per_count, &up);
    if (f->started) {
        /* Body rates to the rates of the Euler angles; near the vertical the true factor grows without bound. */
        vector_t rate = scaled(gyro, f->rate_per_count);
        float sin_roll;
        float cos_roll;
        float sin_pitch;
        float cos_pitch;
        picket_sincosf(f->roll.angle, &sin_roll, &cos_roll);
        picket_sincosf(f->pitch.angle, &sin_pitch, &cos_pitch);
        float slope = sin_pitch / (cos_pitch > LEAST_COS_PITCH ? cos_pitch : LEAST_COS_PITCH);
        predict(&f->roll, f, rate.x + slope * (sin_roll * rate.y + cos_roll * rate.z));
        predict(&f->pitch, f, cos_roll * rate.y - sin_roll * rate.z);
        if (is_measured) {
            if (up.y * up.y + up.z * up.z > LEAST_COS_PITCH * LEAST_COS_PITCH) {
                correct(&f->roll, f, roll_of(up));
            }
            correct(&f->pitch, f, pitch_of(up));
        }
        f->roll.angle = wrapped(f->roll.angle);
        float limit = PICKET_PI / 2.0f;
        f->pitch.angle = f->pitch.angle > limit ? limit : f->pitch.angle < -limit ? -limit : f->pitch.angle;
    } else if (is_measured) {
        f->roll.angle = roll_of(up);
        f->pitch.angle = pitch_of(up);
        f->started = 1;
    }
    out_cdeg[0] = cdeg(f->roll.angle);
    out_cdeg[1] = cdeg(f->pitch.angle);
}

/* Madgwick's filter */

picket_dsp_status_t picket_madgwick_init(picket_madgwick_t *f, const picket_imu_scale_t *scale, float beta) {
    /* Half a radian per update: less than the unit quaternion's length, which a step can't therefore consume. */
    if (!is_scale(scale) || !is_within(beta, 1e-6f, 0.5f * scale->rate_hz)) {
        return PICKET_DSP_BAD_SCALE;
    }
    f->q[0] = 1.0f;
    f->q[1] = 0.0f;
    f->q[2] = 0.0f;
    f->q[3] = 0.0f;
    f->beta = beta / scale->rate_hz;
    f->radians_per_count = RADIANS_PER_DEGREE / scale->gyro_lsb_per_dps / scale->rate_hz;
    f->g_per_count = 1.0f / scale->accel_lsb_per_g;
    f->started = 0;
    return PICKET_DSP_OK;
}

/* Quaternion of the attitude with this direction of gravity and yaw 0. */
static void madgwick_start(picket_madgwick_t *f, vector_t up) {
    float sin_roll;
    float cos_roll;
    float sin_pitch;
    float cos_pitch;
    picket_sincosf(0.5f * roll_of(up), &sin_roll, &cos_roll);
    picket_sincosf(0.5f * pitch_of(up), &sin_pitch, &cos_pitch);
    f->q[0] = cos_roll * cos_pitch;
    f->q[1] = sin_roll * cos_pitch;
    f->q[2] = cos_roll * sin_pitch;
    f->q[3] = -sin_roll * sin_pitch;
    f->started = 1;
}

static void madgwick_step(picket_madgwick_t *f, vector_t turn, const vector_t *up) {
    float w = f->q[0];
    float x = f->q[1];
    float y = f->q[2];
    float z = f->q[3];
    /* Half the quaternion product of q and the turn. */
    float next[4] = {
        w + 0.5f * (-x * turn.x - y * turn.y - z * turn.z),
        x + 0.5f * (w * turn.x + y * turn.z - z * turn.y),
        y + 0.5f * (w * turn.y - x * turn.z + z * turn.x),
        z + 0.5f * (w * turn.z + x * turn.y - y * turn.x),
    };
    if (up) {
        /* How far the predicted direction of gravity is off (25), and its gradient J' f (26). */
        float off_x = 2.0f * (x * z - w * y) - up->x;
        float off_y = 2.0f * (w * x + y * z) - up->y;
        float off_z = 1.0f - 2.0f * (x * x + y * y) - up->z;
        float gradient[4] = {
            2.0f * (x * off_y - y * off_x),
            2.0f * (z * off_x + w * off_y) - 4.0f * x * off_z,
            2.0f * (z * off_y - w * off_x) - 4.0f * y * off_z,
            2.0f * (x * off_x + y * off_y),
        };
        float length = picket_sqrtf(gradient[0] * gradient[0] + gradient[1] * gradient[1] + gradient[2] * gradient[2]
                                    + gradient[3] * gradient[3]);
        if (length > 0.0f) {
            float step = f->beta / length;
            for (int i = 0; i < 4; i++) {
                next[i] -= step * gradient[i];
            }
        }
    }
    float inverse = 1.0f / picket_sqrtf(next[0] * next[0] + next[1] * next[1] + next[2] * next[2] + next[3] * next[3]);
    for (int i = 0; i < 4; i++) {
        f->q[i] = next[i] * inverse;
    }
}

void picket_madgwick_update(
    picket_madgwick_t *f, const int16_t accel[3], const int16_t gyro[3], int16_t out_cdeg[PICKET_MADGWICK_OUTPUTS]) {
    vector_t measured;
    int is_measured = gravity_of(accel, f->g_per_count, &measured);
    if (f->started) {
        madgwick_step(f, scaled(gyro, f->radians_per_count), is_measured ? &measured : 0);
    } else if (is_measured) {
        madgwick_start(f, measured);
    }
    float w = f->q[0];
    float x = f->q[1];
    float y = f->q[2];
    float z = f->q[3];
    float sin_pitch = 2.0f * (w * y - x * z);
    out_cdeg[0] = cdeg(picket_atan2f(2.0f * (w * x + y * z), 1.0f - 2.0f * (x * x + y * y)));
    out_cdeg[1] = cdeg(picket_atan2f(sin_pitch, picket_sqrtf(1.0f - sin_pitch * sin_pitch)));
    out_cdeg[2] = cdeg(picket_atan2f(2.0f * (w * z + x * y), 1.0f - 2.0f * (y * y + z * z)));
}
