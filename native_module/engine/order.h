/* Help for compilers that run out of registers. Both change when instructions run, never what they compute. */
#ifndef PICKET_ORDER_H
#define PICKET_ORDER_H

/*
 * PICKET_KEEP_ORDER: what stands before it is loaded before what stands behind it. PICKET_FINISH: the sum is complete
 * before anything behind it begins. Without them GCC's scheduler moves the loads and products of unrolled code
 * together, has no registers for so many operands, and spends more instructions on the stack than on the arithmetic.
 */
#if defined(__GNUC__)
#define PICKET_KEEP_ORDER() __asm__ volatile("" ::: "memory")
#define PICKET_FINISH(sum) __asm__ volatile("" : "+r"(sum)::"memory")
#else
#define PICKET_KEEP_ORDER() ((void)0)
#define PICKET_FINISH(sum) ((void)(sum))
#endif

#endif
