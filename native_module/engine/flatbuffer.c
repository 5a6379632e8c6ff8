#include "flatbuffer.h"

bool picket_failed(const picket_reader_t *reader) {
    return reader->error->status != PICKET_OK;
}

void picket_note(picket_reader_t *reader, picket_fault_t fault, uint32_t offset_bytes) {
    picket_error_t *error = reader->error;
    if (error->status == PICKET_OK) {
        error->status = picket_fault_status(fault);
        error->offset_bytes = offset_bytes;
        error->what = picket_fault_what(fault);
    }
}

void picket_note_values(picket_reader_t *reader, picket_fault_t fault, int32_t found, int32_t expected) {
    picket_error_t *error = reader->error;
    if (error->status == PICKET_OK) {
        picket_note(reader, fault, 0);
        error->has_values = 1;
        error->found = found;
        error->expected = expected;
    }
}

/* Whether [position, position + bytes) lies in the file; notes a fault otherwise. */
static bool within(picket_reader_t *reader, uint32_t position, uint32_t bytes, picket_fault_t fault) {
    if (picket_failed(reader)) {
        return false;
    }
    if (position > reader->bytes || bytes > reader->bytes - position) {
        picket_note(reader, fault, position);
        return false;
    }
    return true;
}

static uint32_t u32_at(const picket_reader_t *reader, uint32_t position) {
    return picket_read_u32(reader->base + position);
}

/* Follow the unsigned offset that stands at position, which has been checked. Returns 0 on a fault. */
static uint32_t follow(picket_reader_t *reader, uint32_t position) {
    uint32_t offset = u32_at(reader, position);
    if (offset == 0 || offset > reader->bytes - position) {
        picket_fail(reader, PICKET_ERROR_FILE, position, "an offset leads out of the file");
        return 0;
    }
    return position + offset;
}

static picket_table_t open_table(picket_reader_t *reader, uint32_t position) {
    picket_table_t none = {0, 0, 0, 0};
    if (!within(reader, position, 4, PICKET_FAULT(PICKET_ERROR_FILE, "a table leads out of the file"))) {
        return none;
    }
    /* The vtable lies at position minus a signed offset; modulo 2^32 that is right for either sign, and the range check
     * follows. */
    uint32_t vtable = position - u32_at(reader, position);
    if (!within(reader, vtable, 4, PICKET_FAULT(PICKET_ERROR_FILE, "a table's vtable leads out of the file"))) {
        return none;
    }
    if (position % 4 != 0 || vtable % 2 != 0) {
        picket_fail(reader, PICKET_ERROR_FILE, position, "a table is not aligned");
        return none;
    }
    picket_table_t table = {
        position, picket_read_u16(reader->base + vtable + 2), vtable, picket_read_u16(reader->base + vtable)};
    if (table.vtable_bytes < 4 || table.vtable_bytes % 2 != 0 || table.bytes < 4
        || !within(reader, vtable, table.vtable_bytes, PICKET_FAULT(PICKET_ERROR_FILE, "a vtable leads out of the file"))
        || !within(reader, position, table.bytes, PICKET_FAULT(PICKET_ERROR_FILE, "a table leads out of the file"))) {
        picket_fail(reader, PICKET_ERROR_FILE, vtable, "a vtable has a wrong size");
        return none;
    }
    return table;
}

/* Position of a field's value of the given size in the file; 0 where the field is absent or on a fault. */
static uint32_t field_position(picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t bytes) {
    uint32_t entry = 4 + 2 * field;
    if (picket_failed(reader) || table->position == 0 || entry + 2 > table->vtable_bytes) {
        return 0;
    }
    uint32_t offset = picket_read_u16(reader->base + table->vtable + entry);
    if (offset == 0) {
        return 0;
    }
    if (offset < 4 || offset + bytes > table->bytes || (table->position + offset) % bytes != 0) {
        picket_fail(reader, PICKET_ERROR_FILE, table->vtable + entry, "a field lies outside its table or is not aligned");
        return 0;
    }
    return table->position + offset;
}

picket_table_t picket_root(picket_reader_t *reader) {
    picket_table_t none = {0, 0, 0, 0};
    if (!within(reader, 0, 8, PICKET_FAULT(PICKET_ERROR_FILE, "the file is too short"))) {
        return none;
    }
    const uint8_t *identifier = reader->base + 4;
    if (identifier[0] != 'T' || identifier[1] != 'F' || identifier[2] != 'L' || identifier[3] != '3') {
        picket_fail(reader, PICKET_ERROR_FILE, 4, "not a .tflite file: the identifier TFL3 is missing");
        return none;
    }
    uint32_t position = follow(reader, 0);
    return picket_failed(reader) ? none : open_table(reader, position);
}

uint32_t picket_field_u8(picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t absent) {
    uint32_t position = field_position(reader, table, field, 1);
    return position ? reader->base[position] : absent;
}

uint32_t picket_field_u32(picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t absent) {
    uint32_t position = field_position(reader, table, field, 4);
    return position ? u32_at(reader, position) : absent;
}

int32_t picket_field_i32(picket_reader_t *reader, const picket_table_t *table, uint32_t field, int32_t absent) {
    return (int32_t)picket_field_u32(reader, table, field, (uint32_t)absent);
}

bool picket_field_u64_set(picket_reader_t *reader, const picket_table_t *table, uint32_t field) {
    uint32_t position = field_position(reader, table, field, 8);
    return position && (u32_at(reader, position) | u32_at(reader, position + 4)) != 0;
}

picket_table_t picket_field_table(picket_reader_t *reader, const picket_table_t *table, uint32_t field) {
    picket_table_t none = {0, 0, 0, 0};
    uint32_t position = field_position(reader, table, field, 4);
    if (position) {
        position = follow(reader, position);
    }
    return position ? open_table(reader, position) : none;
}

picket_vector_t picket_field_vector(
    picket_reader_t *reader, const picket_table_t *table, uint32_t field, uint32_t element_bytes) {
    picket_vector_t vector = {0, 0};
    uint32_t position = field_position(reader, table, field, 4);
    if (position) {
        position = follow(reader, position);
    }
    if (!position || !within(reader, position, 4, PICKET_FAULT(PICKET_ERROR_FILE, "a vector leads out of the file"))) {
        return vector;
    }
    if (position % 4 != 0) {
        picket_fail(reader, PICKET_ERROR_FILE, position, "a vector is not aligned");
        return vector;
    }
    uint32_t count = u32_at(reader, position);
    if (count > (reader->bytes - position - 4) / element_bytes) {
        picket_fail(reader, PICKET_ERROR_FILE, position, "a vector is longer than the file");
        return vector;
    }
    vector.position = position + 4;
    vector.count = count;
    return vector;
}

static bool has_element(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index) {
    if (picket_failed(reader)) {
        return false;
    }
    if (index >= vector->count) {
        picket_fail(reader, PICKET_ERROR_FILE, vector->position, "an index is out of range");
        return false;
    }
    return true;
}

picket_table_t picket_vector_table(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index) {
    picket_table_t none = {0, 0, 0, 0};
    if (!has_element(reader, vector, index)) {
        return none;
    }
    uint32_t position = follow(reader, vector->position + 4 * index);
    return position ? open_table(reader, position) : none;
}

int32_t picket_vector_i32(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index) {
    return has_element(reader, vector, index) ? (int32_t)u32_at(reader, vector->position + 4 * index) : 0;
}

int32_t picket_vector_i64(picket_reader_t *reader, const picket_vector_t *vector, uint32_t index) {
    if (!has_element(reader, vector, index)) {
        return 0;
    }
    uint32_t position = vector->position + 8 * index;
    int32_t low = (int32_t)u32_at(reader, position);
    if ((int32_t)u32_at(reader, position + 4) != (low < 0 ? -1 : 0)) {
        picket_fail(reader, PICKET_ERROR_INVALID, position, "a 64-bit number is out of range");
        return 0;
    }
    return low;
}
