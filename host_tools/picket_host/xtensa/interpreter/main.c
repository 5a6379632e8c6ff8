/*
 * Imports a native module and runs a script with it. Standard input is a sequence of blobs, each after its length (32
 * bits, little-endian): the .mpy file of picket_native, the script's source, and what the script finds in the tuple
 * `blobs`. The exit status is 1 when the module or the script raises.
 */
#include <string.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/objmodule.h"
#include "py/persistentcode.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "user.h"

#define HEAP_BYTES (4u << 20)
#define BLOBS_MAX 16

void picket_spill_windows(void);

static void *stack_top;

void mp_hal_stdout_tx_strn_cooked(const char *text, size_t length) {
    picket_write(text, length);
}

/* There is no clock; what asks for time gets numbers that grow. */
mp_uint_t mp_hal_ticks_us(void) {
    static mp_uint_t now_us;
    return now_us++;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return mp_hal_ticks_us();
}

void nlr_jump_fail(void *value) {
    (void)value;
    picket_stop("an exception that nobody catches");
    for (;;) {
    }
}

/* Eight nested calls take all 64 registers, so that those of all functions before are stored on their stacks. */
static __attribute__((noinline)) int call_nested(volatile int depth) {
    return depth ? call_nested(depth - 1) + depth : 0;
}

void picket_spill_windows(void) {
    call_nested(8);
}

void gc_collect(void) {
    picket_spill_windows();
    void *const *bottom = __builtin_frame_address(0);
    gc_collect_start();
    /* From below the frame: a called function's registers are stored there. */
    bottom -= 8;
    gc_collect_root((void **)bottom, (size_t)((void *const *)stack_top - bottom));
    gc_collect_end();
}

static void import(const uint8_t *mpy, size_t bytes) {
    mp_module_context_t *context = MP_OBJ_TO_PTR(mp_obj_new_module(qstr_from_str("picket_native")));
    mp_compiled_module_t compiled = {.context = context};
    mp_raw_code_load_mem(mpy, bytes, &compiled);
    mp_obj_dict_t *globals = mp_globals_get(), *locals = mp_locals_get();
    mp_globals_set(context->module.globals);
    mp_locals_set(context->module.globals);
    mp_call_function_0(mp_make_function_from_proto_fun(compiled.rc, context, MP_OBJ_NULL));
    mp_globals_set(globals);
    mp_locals_set(locals);
}

static void run(const char *source, size_t bytes) {
    mp_lexer_t *lexer = mp_lexer_new_from_str_len(MP_QSTR__lt_stdin_gt_, source, bytes, 0);
    qstr name = lexer->source_name;
    mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
    mp_call_function_0(mp_compile(&tree, name, false));
}

int picket_main(void) {
    void *blobs[BLOBS_MAX];
    uint32_t sizes[BLOBS_MAX];
    size_t count = 0;
    while (count < BLOBS_MAX && picket_read(&sizes[count], sizeof sizes[0])) {
        blobs[count] = picket_allocate(sizes[count]);
        if (sizes[count] && !picket_read(blobs[count], sizes[count])) {
            picket_stop("a blob ends too early");
        }
        count++;
    }
    stack_top = __builtin_frame_address(0);
    mp_stack_set_top(stack_top);
    mp_stack_set_limit(1 << 20);
    uint8_t *heap = picket_allocate(HEAP_BYTES);
    gc_init(heap, heap + HEAP_BYTES);
    mp_init();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
        return 1;
    }
    if (count < 2) {
        picket_stop("a module and a script are needed");
    }
    mp_obj_t views[BLOBS_MAX];
    for (size_t i = 2; i < count; i++) {
        views[i - 2] = mp_obj_new_memoryview('B', sizes[i], blobs[i]);
    }
    mp_store_global(qstr_from_str("blobs"), mp_obj_new_tuple(count - 2, views));
    import(blobs[0], sizes[0]);
    run(blobs[1], sizes[1]);
    nlr_pop();
    return 0;
}
