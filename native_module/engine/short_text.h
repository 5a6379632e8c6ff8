/*
 * Texts of errors as numbers, for builds in which every byte counts (-DPICKET_SHORT_ERRORS=1): "fault 12345 ..." in place
 * of a text. A clause's number is made of the clause alone, so that the host finds it in any copy of the sources
 * (picket_host.native.faults). Compilers work it out while they compile.
 */
#ifndef PICKET_SHORT_TEXT_H
#define PICKET_SHORT_TEXT_H

#ifndef PICKET_SHORT_ERRORS
#define PICKET_SHORT_ERRORS 0
#endif

#if PICKET_SHORT_ERRORS
/* Character i of a text of less than 96 characters times a weight; 0 behind its end. */
#define PICKET_TEXT_1(text, i) \
    ((uint32_t)(uint8_t)((i) < sizeof(text) ? (text)[(i) < sizeof(text) ? (i) : 0] : 0) * (40503u * (i) + 977u * (i) * (i) + 1))
#define PICKET_TEXT_4(text, i) \
    (PICKET_TEXT_1(text, (i)) + PICKET_TEXT_1(text, (i) + 1) + PICKET_TEXT_1(text, (i) + 2) + PICKET_TEXT_1(text, (i) + 3))
#define PICKET_TEXT_16(text, i) \
    (PICKET_TEXT_4(text, (i)) + PICKET_TEXT_4(text, (i) + 4) + PICKET_TEXT_4(text, (i) + 8) + PICKET_TEXT_4(text, (i) + 12))
#define PICKET_TEXT_48(text, i) (PICKET_TEXT_16(text, (i)) + PICKET_TEXT_16(text, (i) + 16) + PICKET_TEXT_16(text, (i) + 32))
#define PICKET_TEXT_NUMBER(text) ((PICKET_TEXT_48(text, 0u) + PICKET_TEXT_48(text, 48u)) >> 6 & 0xfffff)
/* Takes nothing but a literal. The number is shifted so that one instruction (RISC-V's lui) makes the pointer. */
#define PICKET_TEXT(text) ((const char *)(uintptr_t)(PICKET_TEXT_NUMBER("" text) << 12))
#else
#define PICKET_TEXT(text) (text)
#endif

#endif
