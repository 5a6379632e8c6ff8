# setjmp and longjmp in the windowed ABI.
#
# Registers of calling functions live in the register file until a window overflow stores them: a0..a3 below the stack
# pointer of the function that was called, a4 and on below the end of the frame that they belong to.
# picket_spill_windows makes all of them be stored; then setjmp copies its caller's from there, and longjmp puts them
# back, for retw to fetch.
#
# Top two bits of a return address: how many groups of four registers the call moved the window on (1, 2 or 3).

    .section .literal, "ax", @progbits
    .align 4
.Lspill:
    .long picket_spill_windows

    .text

# int setjmp(jmp_buf state)
    .align 4
    .global setjmp
setjmp:
    entry a1, 32
    l32r a8, .Lspill
    callx8 a8
    addi a3, a1, -16            # the caller's a0..a3
    l32i a4, a3, 0
    s32i a4, a2, 0
    l32i a5, a3, 4              # its stack pointer
    s32i a5, a2, 4
    l32i a4, a3, 8
    s32i a4, a2, 8
    l32i a4, a3, 12
    s32i a4, a2, 12
    addi a6, a2, 16             # the caller's a4 and on, below the stack pointer of the function before it
    addi a5, a5, -12
    l32i a5, a5, 0
    srli a7, a0, 15
    srli a7, a7, 15
    slli a7, a7, 4
    sub a7, a5, a7
    addi a5, a5, -16
    j .Lsave_next
.Lsave:
    l32i a4, a7, 0
    s32i a4, a6, 0
    addi a6, a6, 4
    addi a7, a7, 4
.Lsave_next:
    blt a7, a5, .Lsave
    s32i a0, a2, 48
    movi a2, 0
    retw

# void longjmp(jmp_buf state, int value)
    .align 4
    .global longjmp
longjmp:
    entry a1, 32
    l32r a8, .Lspill
    callx8 a8                   # no window but this one is left, so retw must fetch the one that it returns to
    addi a6, a1, -16
    l32i a4, a2, 0
    s32i a4, a6, 0
    l32i a5, a2, 4
    s32i a5, a6, 4
    l32i a4, a2, 8
    s32i a4, a6, 8
    l32i a4, a2, 12
    s32i a4, a6, 12
    l32i a0, a2, 48
    addi a6, a2, 16
    addi a5, a5, -12
    l32i a5, a5, 0
    srli a7, a0, 15
    srli a7, a7, 15
    slli a7, a7, 4
    sub a7, a5, a7
    addi a5, a5, -16
    j .Lrestore_next
.Lrestore:
    l32i a4, a6, 0
    s32i a4, a7, 0
    addi a6, a6, 4
    addi a7, a7, 4
.Lrestore_next:
    blt a7, a5, .Lrestore
    movi a2, 1                  # setjmp must not return 0 again
    movnez a2, a3, a3
    retw
