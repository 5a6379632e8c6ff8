/*
 * The little of an operating system's interface that a test program needs under qemu-xtensa, without a C library.
 *
 * The program defines picket_main; it runs with high multiplications emulated (user.c) and may use the functions below
 * and those of the compiler's run time.
 */
#ifndef PICKET_XTENSA_USER_H
#define PICKET_XTENSA_USER_H

#include <stddef.h>
#include <stdint.h>

/* The program. What it returns is the process's exit status. */
int picket_main(void);

/* Read exactly that many bytes of standard input. Returns 0 at its end; ends the process when it ends in between. */
int picket_read(void *to, size_t bytes);

/* Write all bytes to standard output, or end the process. */
void picket_write(const void *from, size_t bytes);

/* End the process with status 1 and a line on standard error. */
void picket_stop(const char *why);

/* Memory until the next picket_free_all, aligned to 16 bytes, filled with 0xA5; ends the process when there is none. */
void *picket_allocate(size_t bytes);
void picket_free_all(void);

#endif
