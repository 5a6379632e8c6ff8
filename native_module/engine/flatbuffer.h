/*
 * Reading an untrusted flatbuffer: every offset, vtable, vector and field is checked against the file's length before
 * it is used.
 *
 * The first fault is kept in the reader's error; from then on every function returns zero or an empty vector, so that
 * callers check once after a group of reads (picket_failed). Values are read byte by byte: a file may put them at any
 * address.
 */
#ifndef PICKET_FLATBUFFER_H
#define PICKET_FLATBUFFER_H

#include <stdbool.h>

#include "fault.h"

typedef struct {
    const uint8_t *base;
    uint32_t bytes;
    picket_error_t *error;
} picket_reader_t;

/* A table whose vtable and body lie in the file. position 0 means that the table is absent. */
typedef struct {
    uint32_t position;
    uint32_t bytes;
    uint32_t vtable;
    uint32_t vtable_bytes;
} picket_table_t;

/* A vector whose elements all lie in the file. */
typedef struct {
    uint32_t position; /* of element 0 */
    uint32_t count;
} picket_vector_t;

/* Whether something was wrong already. */
bool picket_failed(const picket_reader_t *reader);

/* Note a fault, unless there was one before. offset_bytes is where it is in the file, 0 for unknown. */
void picket_note(picket_reader_t *reader, picket_fault_t fault, uint32_t offset_bytes);

/* Note a fault with the number that was found and the one that should stand there. */
void picket_note_values(picket_reader_t *reader, picket_fault_t fault, int32_t found, int32_t expected);

/* The same for a status and a literal. */
#define picket_fail(reader, status, offset_bytes, what) picket_note(reader, PICKET_FAULT(status, what), offset_bytes)
#define picket_fail_values(reader, status, what, found, expected) \
    picket_note_values(reader, PICKET_FAULT(status, what), found, expected)

/* Unaligned little-endian reads; the caller has checked the position. */
static inline uint32_t picket_read_u16(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t picket_read_u32(const uint8_t *at) {
    return picket_read_u16(at) | picket_read_u16(at + 2) << 16;
}

/* The file's root table; the file identifier must be "TFL3". */
picket_table_t picket_root(picket_reader_t *reader);

/* Scalar fields of a table, by the field's number in the schema; absent fields have the value absent. */
uint32_t picket_field_u8(picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t absent);
uint32_t picket_field_u32(picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t absent);
int32_t picket_field_i32(picket_reader_t *reader, const picket_table_t *table, uint32_t field, int32_t absent);

/* Whether a 64-bit field is there and not zero. */
bool picket_field_u64_set(picket_reader_t *reader, const picket_table_t *table, uint32_t field);

/* A field that refers to a table; position 0 where it is absent. */
picket_table_t picket_field_table(picket_reader_t *reader, const picket_table_t *table, uint32_t field);

/* A field that refers to a vector of elements of element_bytes; empty where it is absent. */
picket_vector_t picket_field_vector(
    picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t element_bytes);

/* Element of a vector of tables, of int32 (or float bits), and of int64, of which only values that fit in int32 are
 * taken. */
picket_table_t picket_vector_table(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index);
int32_t picket_vector_i32(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index);
int32_t picket_vector_i64(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index);

#endif
