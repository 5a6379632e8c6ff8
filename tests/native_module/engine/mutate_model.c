/*
 * Loads damaged copies of a model: every bit of every byte flipped, every byte set to extremes, the file cut at every
 * length, and random combinations. Each copy lies in memory of exactly its size, and work memory and arena are exactly
 * as large as the engine asks for, so that the sanitizers see every access beyond. A copy that the engine takes is run.
 * Prints "<refused> <run>"; exits through a sanitizer's report or with 1 on a broken promise.
 *
 *     mutate_model FILE RANDOM_COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "try_model.h"

enum { LARGEST_ARENA = 1 << 22 };

static long refused, ran;

static void count_model(const uint8_t *bytes, size_t count) {
    switch (try_model(bytes, count, LARGEST_ARENA)) {
        case REFUSED:
            refused++;
            break;
        case RAN:
            ran++;
            break;
        case TOO_LARGE:
            break;
    }
}

static uint32_t random_below(uint32_t *state, uint32_t limit) {
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(*state >> 8) * limit) >> 24);
}

int main(int argc, char **argv) {
    static uint8_t model[1 << 16];
    static uint8_t copy[1 << 16];
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: mutate_model FILE RANDOM_COUNT\n");
        return 2;
    }
    const size_t count = fread(model, 1, sizeof model, file);
    fclose(file);
    count_model(model, count);
    if (ran != 1) {
        broken("the sound model runs");
    }
    memcpy(copy, model, count);
    for (size_t at = 0; at < count; at++) {
        for (int bit = 0; bit < 8; bit++) {
            copy[at] = (uint8_t)(model[at] ^ 1 << bit);
            count_model(copy, count);
        }
        const uint8_t extremes[] = {0, 1, 0x7f, 0x80, 0xff};
        for (size_t i = 0; i < sizeof extremes; i++) {
            copy[at] = extremes[i];
            count_model(copy, count);
        }
        copy[at] = model[at];
    }
    for (size_t length = 1; length < count; length++) {
        count_model(model, length);
    }
    uint32_t state = 1;
    for (long i = 0; i < atol(argv[2]); i++) {
        memcpy(copy, model, count);
        for (uint32_t changes = 1 + random_below(&state, 4); changes > 0; changes--) {
            const uint32_t at = random_below(&state, (uint32_t)count & ~3u) & ~3u;
            switch (random_below(&state, 3)) {
                case 0: /* another word of the file */
                    memcpy(copy + at, model + (random_below(&state, (uint32_t)count & ~3u) & ~3u), 4);
                    break;
                case 1: /* a small number */
                    copy[at] = (uint8_t)random_below(&state, 20);
                    break;
                default:
                    copy[at + random_below(&state, 4)] = (uint8_t)random_below(&state, 256);
                    break;
            }
        }
        count_model(copy, count);
    }
    printf("%ld %ld\n", refused, ran);
    return 0;
}
