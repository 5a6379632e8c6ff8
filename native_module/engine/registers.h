/* Help for compilers that run out of registers. */
#ifndef PICKET_REGISTERS_H
#define PICKET_REGISTERS_H

/*
 * What stands before this is loaded before what stands behind it. Without it GCC's scheduler moves the loads of an unrolled loop together, has no registers
 * for so many operands, and spends more instructions on the stack than on the arithmetic.
 */
#if defined(__GNUC__)
#define PICKET_KEEP_ORDER() __asm__ volatile("" ::: "memory")
#else
#define PICKET_KEEP_ORDER() ((void)0)
#endif

#endif
