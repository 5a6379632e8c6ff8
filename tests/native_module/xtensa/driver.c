/*
 * The engine and the signal processing under qemu-xtensa: reads requests from stdin and answers on stdout until stdin
 * ends. Numbers have 32 bits, little-endian; every request begins with its kind.
 *
 *   'M'  model_bytes, invocations, the model, and for each invocation the bytes of all inputs
 *        -> 0, length of a text, the text: why the model was refused; the inputs must not follow
 *        -> 1, length of the outputs, and for each invocation the bytes of all outputs (of every second one operator by
 *           operator)
 *   'V'  params_bytes, windows, the parameters of vibration features, the windows (int16)
 *        -> number of features, and for each window the features (float32)
 *   'S'  samples, the samples (int16)                  -> PICKET_STATS_COUNT float32
 *   'A'  table_bytes, features, the anomaly table, the features (float32) -> the score (int32)
 *   'L'  params_bytes, samples, the parameters of log-mel features, the samples (int16)
 *        -> number of frames, and the frames (float32)
 *   'B'  params_bytes, hops, the parameters of motion features (a body's), the hops of frames (int16)
 *        -> number of features, and for each hop the features (float32)
 *   'H'  params_bytes, samples, the parameters of heartbeat features, the samples (int16)
 *        -> the normal intervals, PICKET_HEART_FEATURES float32
 *   'F'  readings, each 6 int16 (accelerations, rates) -> for each 7 int16: complementary 2, Kalman 2, Madgwick 3
 */
#include "centroids.h"
#include "engine.h"
#include "fusion.h"
#include "heart.h"
#include "mel.h"
#include "motion.h"
#include "user.h"
#include "vibration.h"
#include "window_stats.h"

static void get(void *to, size_t bytes) {
    if (bytes && !picket_read(to, bytes)) {
        picket_stop("the request ends too early");
    }
}

static uint32_t get_number(void) {
    uint32_t number;
    get(&number, sizeof number);
    return number;
}

static void *get_bytes(size_t bytes) {
    void *memory = picket_allocate(bytes);
    get(memory, bytes);
    return memory;
}

static void put_number(uint32_t number) {
    picket_write(&number, sizeof number);
}

static void refuse(const picket_error_t *error) {
    char text[PICKET_ERROR_BYTES];
    uint32_t length = 0;
    picket_error_text(error, text, sizeof text);
    while (text[length]) {
        length++;
    }
    put_number(0);
    put_number(length);
    picket_write(text, length);
}

static picket_engine_t *open_model(const void *model, size_t bytes) {
    picket_error_t error;
    picket_engine_t *engine;
    size_t work_bytes, arena_bytes;
    if (picket_engine_work_bytes(model, bytes, &work_bytes, &error) == PICKET_OK) {
        void *work = picket_allocate(work_bytes);
        if (picket_engine_measure(model, bytes, work, work_bytes, &arena_bytes, &error) == PICKET_OK) {
            void *arena = picket_allocate(arena_bytes);
            if (picket_engine_open(model, bytes, work, work_bytes, arena, arena_bytes, &engine, &error) == PICKET_OK) {
                return engine;
            }
        }
    }
    refuse(&error);
    return NULL;
}

static void run_model(void) {
    uint32_t model_bytes = get_number(), invocations = get_number(), outputs_bytes = 0;
    picket_engine_t *engine = open_model(get_bytes(model_bytes), model_bytes);
    picket_tensor_t tensor;
    if (!engine) {
        return;
    }
    for (uint32_t i = 0; picket_engine_output(engine, i, &tensor) == PICKET_OK; i++) {
        outputs_bytes += tensor.bytes;
    }
    put_number(1);
    put_number(outputs_bytes);
    for (uint32_t run = 0; run < invocations; run++) {
        for (uint32_t i = 0; picket_engine_input(engine, i, &tensor) == PICKET_OK; i++) {
            get(tensor.data, tensor.bytes);
        }
        if (run % 2 == 0) {
            picket_engine_invoke(engine);
        } else {
            for (uint32_t i = 0; i < picket_engine_operator_count(engine); i++) {
                picket_engine_step(engine, i);
            }
        }
        for (uint32_t i = 0; picket_engine_output(engine, i, &tensor) == PICKET_OK; i++) {
            picket_write(tensor.data, tensor.bytes);
        }
    }
}

static void compute_vibration(void) {
    uint32_t params_bytes = get_number(), windows = get_number();
    const void *params = get_bytes(params_bytes);
    picket_vibration_t vibration;
    size_t floats;
    if (picket_vibration_measure(params, params_bytes, &floats) != PICKET_DSP_OK) {
        picket_stop("the parameters are refused");
    }
    picket_vibration_init(&vibration, params, params_bytes, picket_allocate(4 * floats), floats);
    int16_t *window = picket_allocate(2 * vibration.window);
    float *features = picket_allocate(4 * vibration.features);
    put_number((uint32_t)vibration.features);
    for (uint32_t i = 0; i < windows; i++) {
        get(window, 2 * vibration.window);
        picket_vibration_compute(&vibration, window, features);
        picket_write(features, 4 * vibration.features);
    }
}

static void compute_mel(void) {
    uint32_t params_bytes = get_number(), samples = get_number();
    const void *params = get_bytes(params_bytes);
    picket_mel_t mel;
    size_t floats;
    if (picket_mel_measure(params, params_bytes, &floats) != PICKET_DSP_OK) {
        picket_stop("the parameters are refused");
    }
    picket_mel_init(&mel, params, params_bytes, picket_allocate(4 * floats), floats);
    const int16_t *sound = get_bytes(2 * samples);
    uint32_t frames = picket_mel_frames(&mel, samples);
    float *out = picket_allocate(4 * frames * mel.bands);
    picket_mel_feed(&mel, sound, samples, out);
    put_number(frames);
    picket_write(out, 4 * frames * mel.bands);
}

static void compute_motion(void) {
    uint32_t params_bytes = get_number(), hops = get_number();
    const void *params = get_bytes(params_bytes);
    picket_motion_t motion;
    size_t floats;
    if (picket_motion_measure(params, params_bytes, &floats) != PICKET_DSP_OK) {
        picket_stop("the parameters are refused");
    }
    picket_motion_init(&motion, params, params_bytes, picket_allocate(4 * floats), floats);
    size_t hop_bytes = 2u * PICKET_MOTION_CHANNELS * motion.hop_bins * motion.bin_frames;
    uint32_t features = (uint32_t)motion.bins * PICKET_MOTION_VALUES;
    int16_t *frames = picket_allocate(hop_bytes);
    float *out = picket_allocate(4 * features);
    put_number(features);
    for (uint32_t i = 0; i < hops; i++) {
        get(frames, hop_bytes);
        picket_motion_feed(&motion, frames, out);
        picket_write(out, 4 * features);
    }
}

static void compute_heart(void) {
    uint32_t params_bytes = get_number(), samples = get_number();
    const void *params = get_bytes(params_bytes);
    picket_heart_t heart;
    float out[PICKET_HEART_FEATURES];
    if (picket_heart_init(&heart, params, params_bytes) != PICKET_DSP_OK) {
        picket_stop("the parameters are refused");
    }
    picket_heart_feed(&heart, get_bytes(2 * samples), samples);
    put_number(picket_heart_features(&heart, out));
    picket_write(out, sizeof out);
}

static void compute_stats(void) {
    uint32_t samples = get_number();
    float stats[PICKET_STATS_COUNT];
    picket_window_stats(get_bytes(2 * samples), samples, 1.0f, stats);
    picket_write(stats, sizeof stats);
}

static void compute_score(void) {
    uint32_t table_bytes = get_number(), features = get_number();
    const void *table = get_bytes(table_bytes);
    put_number((uint32_t)picket_centroids_distance(table, get_bytes(4 * features)));
}

static void fuse(void) {
    const picket_imu_scale_t scale = {100.0f, 16384.0f, 131.0f};
    uint32_t readings = get_number();
    picket_complementary_t complementary;
    picket_kalman_t kalman;
    picket_madgwick_t madgwick;
    if (picket_complementary_init(&complementary, &scale, 0.5f) != PICKET_DSP_OK
        || picket_kalman_init(&kalman, &scale, 1e-3f, 3e-3f, 0.03f) != PICKET_DSP_OK
        || picket_madgwick_init(&madgwick, &scale, 0.05f) != PICKET_DSP_OK) {
        picket_stop("the filters refuse their parameters");
    }
    for (uint32_t i = 0; i < readings; i++) {
        int16_t reading[6], out[7];
        get(reading, sizeof reading);
        picket_complementary_update(&complementary, reading, reading + 3, out);
        picket_kalman_update(&kalman, reading, reading + 3, out + 2);
        picket_madgwick_update(&madgwick, reading, reading + 3, out + 4);
        picket_write(out, sizeof out);
    }
}

int picket_main(void) {
    uint32_t kind;
    while (picket_read(&kind, sizeof kind)) {
        switch (kind) {
            case 'M':
                run_model();
                break;
            case 'V':
                compute_vibration();
                break;
            case 'L':
                compute_mel();
                break;
            case 'B':
                compute_motion();
                break;
            case 'H':
                compute_heart();
                break;
            case 'S':
                compute_stats();
                break;
            case 'A':
                compute_score();
                break;
            case 'F':
                fuse();
                break;
            default:
                picket_stop("no such kind of request");
        }
        picket_free_all();
    }
    return 0;
}
