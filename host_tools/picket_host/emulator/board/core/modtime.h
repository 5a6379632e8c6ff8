/* Included by extmod/modtime.c: the port's part of the module time. */

#include "py/mphal.h"
#include "shared/timeutils/timeutils.h"

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int_from_uint(timeutils_seconds_since_epoch_from_nanoseconds_since_1970(mp_hal_time_ns()));
}

static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t tm;
    timeutils_seconds_since_epoch_to_struct_time(
        timeutils_seconds_since_epoch_from_nanoseconds_since_1970(mp_hal_time_ns()), &tm);
    const mp_uint_t fields[] = {
        tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_wday, tm.tm_yday
    };
    mp_obj_t items[MP_ARRAY_SIZE(fields)];
    for (size_t i = 0; i < MP_ARRAY_SIZE(fields); i++) {
        items[i] = MP_OBJ_NEW_SMALL_INT(fields[i]);
    }
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
