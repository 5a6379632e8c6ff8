/* Jumps out of nested calls in the windowed ABI; setjmp.s has them. */
#ifndef PICKET_XTENSA_SETJMP_H
#define PICKET_XTENSA_SETJMP_H

/* a0..a11 of the function that called setjmp, then the address to return to. */
typedef int jmp_buf[13];

int setjmp(jmp_buf state) __attribute__((returns_twice));
void longjmp(jmp_buf state, int value) __attribute__((noreturn));

#endif
