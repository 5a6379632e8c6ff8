/*
 * System calls, memory, and the multiplications that QEMU lacks.
 *
 * QEMU's cores do not have MULSH and MULUH (the high half of a product), which the ESP32 has and the tested code uses.
 * They raise SIGILL; the handler computes them, so that the very instructions of the product are what runs.
 */
#include "user.h"

#define EXIT 118
#define READ 12
#define WRITE 13
#define SIGACTION 226

#define ILLEGAL_INSTRUCTION 4
#define WITH_CONTEXT 4 /* SA_SIGINFO: the handler gets the interrupted registers */

#define HEAP_BYTES (24u << 20)

/* struct sigaction of Linux for Xtensa; all that follows the flags is zero. */
typedef struct {
    void (*handler)(int number, void *information, void *context);
    uint32_t flags;
    uint32_t rest[4];
} action_t;

/* struct ucontext of Linux for Xtensa, as far as it is used here. */
typedef struct {
    uint32_t flags, link, stack[3];
    uint32_t pc, ps, loop[3], shift, accumulator[2];
    uint32_t a[16];
} context_t;

int32_t picket_system_call(int32_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d);
void picket_user_start(void);

static uint8_t heap[HEAP_BYTES] __attribute__((aligned(16)));
static size_t heap_used;

static void leave(int status) {
    for (;;) {
        picket_system_call(EXIT, (uintptr_t)status, 0, 0, 0);
    }
}

void picket_stop(const char *why) {
    size_t length = 0;
    while (why[length]) {
        length++;
    }
    picket_system_call(WRITE, 2, (uintptr_t)why, length, 0);
    picket_system_call(WRITE, 2, (uintptr_t)"\n", 1, 0);
    leave(1);
}

int picket_read(void *to, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        int32_t got = picket_system_call(READ, 0, (uintptr_t)to + done, bytes - done, 0);
        if (got == 0 && done == 0) {
            return 0;
        }
        if (got <= 0) {
            picket_stop("the request is too short");
        }
        done += (size_t)got;
    }
    return 1;
}

void picket_write(const void *from, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        int32_t got = picket_system_call(WRITE, 1, (uintptr_t)from + done, bytes - done, 0);
        if (got <= 0) {
            picket_stop("can't answer");
        }
        done += (size_t)got;
    }
}

void *picket_allocate(size_t bytes) {
    size_t size = (bytes + 31) & ~(size_t)15; /* one byte of distance at least */
    if (size < bytes || size > HEAP_BYTES - heap_used) {
        picket_stop("out of memory");
    }
    uint8_t *memory = heap + heap_used;
    heap_used += size;
    for (size_t i = 0; i < size; i++) {
        memory[i] = 0xA5;
    }
    return memory;
}

void picket_free_all(void) {
    heap_used = 0;
}

/* The high half of an unsigned product, from 16-bit halves. Volatile: a compiler makes MULUH of this form of it. */
static uint32_t high_product(uint32_t x, uint32_t y) {
    volatile uint32_t x_low = x & 0xFFFF, x_high = x >> 16, y_low = y & 0xFFFF, y_high = y >> 16;
    uint32_t low = x_low * y_low, crossed = x_low * y_high, other = x_high * y_low;
    uint32_t middle = (low >> 16) + (crossed & 0xFFFF) + (other & 0xFFFF);
    return x_high * y_high + (crossed >> 16) + (other >> 16) + (middle >> 16);
}

static void on_illegal_instruction(int number, void *information, void *context) {
    context_t *at = context;
    const uint8_t *code = (const uint8_t *)(uintptr_t)at->pc;
    uint32_t instruction = code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16;
    uint32_t operation = instruction & 0xFF000F;
    uint32_t x = at->a[instruction >> 8 & 15], y = at->a[instruction >> 4 & 15];
    uint32_t product;
    (void)number;
    (void)information;
    if (operation != 0xA20000 && operation != 0xB20000) { /* MULUH, MULSH */
        picket_stop("an illegal instruction");
    }
    product = high_product(x, y);
    if (operation == 0xB20000) {
        product -= ((x >> 31) ? y : 0) + ((y >> 31) ? x : 0);
    }
    at->a[instruction >> 12 & 15] = product;
    at->pc += 3;
}

void picket_user_start(void) {
    const action_t action = {on_illegal_instruction, WITH_CONTEXT, {0, 0, 0, 0}};
    if (picket_system_call(SIGACTION, ILLEGAL_INSTRUCTION, (uintptr_t)&action, 0, 8) != 0) {
        picket_stop("can't catch illegal instructions");
    }
    leave(picket_main());
}
