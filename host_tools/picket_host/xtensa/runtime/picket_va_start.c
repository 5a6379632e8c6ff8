/*
 * Puts right what LLVM's va_start makes: the pointer to the stored argument registers is to point to where the first
 * fixed argument's register would be; LLVM's points to the first one that is not fixed. (The list in the windowed ABI:
 * where arguments on the stack begin, less 32; where registers are stored; index of the next argument, in bytes.)
 */

#include <stdint.h>

typedef struct {
    const char *stack;
    const char *registers;
    int32_t index;
} list_t;

void picket_va_start(list_t *list);

void picket_va_start(list_t *list) {
    list->registers -= list->index;
}
