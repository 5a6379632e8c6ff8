/*
 * What is wrong: a status and a clause.
 *
 * In builds in which every byte counts (-DPICKET_SHORT_ERRORS=1) both are one number, and an error's text is numbers,
 * too: "fault 12345 ...". A clause's number is made of the clause alone, so that the host finds it in any copy of the
 * sources (picket_host.native.faults). Compilers work it out while they compile.
 */
#ifndef PICKET_FAULT_H
#define PICKET_FAULT_H

#include "engine.h"

#ifndef PICKET_SHORT_ERRORS
#define PICKET_SHORT_ERRORS 0
#endif

#if PICKET_SHORT_ERRORS
typedef uint32_t picket_fault_t; /* 18 bits number, 2 bits status, 12 bits 0: one instruction (RISC-V's lui) makes it */

/* Character i of a text of less than 96 characters times a weight; 0 behind its end. */
#define PICKET_TEXT_1(text, i) \
    ((uint32_t)(uint8_t)((i) < sizeof(text) ? (text)[(i) < sizeof(text) ? (i) : 0] : 0) * (40503u * (i) + 977u * (i) * (i) + 1))
#define PICKET_TEXT_4(text, i) \
    (PICKET_TEXT_1(text, (i)) + PICKET_TEXT_1(text, (i) + 1) + PICKET_TEXT_1(text, (i) + 2) + PICKET_TEXT_1(text, (i) + 3))
#define PICKET_TEXT_16(text, i) \
    (PICKET_TEXT_4(text, (i)) + PICKET_TEXT_4(text, (i) + 4) + PICKET_TEXT_4(text, (i) + 8) + PICKET_TEXT_4(text, (i) + 12))
#define PICKET_TEXT_48(text, i) (PICKET_TEXT_16(text, (i)) + PICKET_TEXT_16(text, (i) + 16) + PICKET_TEXT_16(text, (i) + 32))
#define PICKET_TEXT_NUMBER(text) ((PICKET_TEXT_48(text, 0u) + PICKET_TEXT_48(text, 48u)) >> 6 & 0x3ffff)

/* Takes nothing but a literal, and the statuses from PICKET_ERROR_FILE to PICKET_ERROR_MEMORY (others are lost). */
#define PICKET_FAULT(status, text) (PICKET_TEXT_NUMBER("" text) << 14 | (((uint32_t)(status) - 1) & 3) << 12)

static inline picket_status_t picket_fault_status(picket_fault_t fault) {
    return (picket_status_t)((fault >> 12 & 3) + 1);
}

/* For picket_error_t. */
static inline const char *picket_fault_what(picket_fault_t fault) {
    return (const char *)(uintptr_t)(fault >> 14);
}
#else
typedef struct {
    picket_status_t status;
    const char *what;
} picket_fault_t;

static inline picket_fault_t PICKET_FAULT(picket_status_t status, const char *what) {
    const picket_fault_t fault = {status, what};
    return fault;
}

static inline picket_status_t picket_fault_status(picket_fault_t fault) {
    return fault.status;
}

static inline const char *picket_fault_what(picket_fault_t fault) {
    return fault.what;
}
#endif

#endif
