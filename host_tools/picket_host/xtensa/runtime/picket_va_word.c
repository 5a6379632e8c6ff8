/*
 * The next argument of 32 bits of a function with variable arguments; LLVM's own va_arg goes astray where the arguments
 * in registers end and those on the stack begin. The list is described in picket_va_start.c.
 */

#include <stdint.h>

#define REGISTERS_BYTES 24
#define STACK_INDEX 32 /* of the first argument on the stack */

typedef struct {
    const char *stack;
    const char *registers;
    int32_t index;
} list_t;

uint32_t picket_va_word(list_t *list);

uint32_t picket_va_word(list_t *list) {
    int32_t index = list->index;
    const char *base = list->registers;
    if (index >= REGISTERS_BYTES) {
        index = index < STACK_INDEX ? STACK_INDEX : index;
        base = list->stack;
    }
    list->index = index + 4;
    return *(const uint32_t *)(const void *)(base + index);
}
