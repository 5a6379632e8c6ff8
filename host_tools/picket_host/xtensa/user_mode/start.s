# Entry of a static program for qemu-xtensa, and the way to Linux. Windowed ABI: a function's first argument is its a2,
# the caller's a10 (callx8) or a6 (callx4).

    .section .literal, "ax", @progbits
    .align 4
.Lstart_c:
    .long picket_user_start

    .text
    .align 4
    .global _start
_start:
    movi a0, 0                  # no caller: the end of the chain of frames
    l32r a4, .Lstart_c
    callx4 a4                   # never returns

# int32_t picket_system_call(int32_t number, a, b, c, d): Linux has the number in a2 and arguments in a6, a3, a4, a5.
    .align 4
    .global picket_system_call
picket_system_call:
    entry a1, 32
    mov a7, a6
    mov a6, a3
    mov a3, a4
    mov a4, a5
    mov a5, a7
    syscall
    retw
