/*
 * What TensorFlow Lite Micro wants of the C++ runtime, and one function of its own that keeps a static variable, for a
 * dynamic native module, which can have neither. Firmware and simulator have the real ones and none of these.
 */

#if MICROPY_ENABLE_DYNRUNTIME

#include <cstddef>
#include <new>

#include "tensorflow/lite/micro/tflite_bridge/micro_error_reporter.h"

extern "C" [[noreturn]] void abort(void);
extern "C" void __cxa_pure_virtual(void);

extern "C" void __cxa_pure_virtual(void) {
    abort();
}

/* Nothing of TFLM's is ever deleted; the compiler names these in tables of virtual functions. */
void operator delete(void *) noexcept {}

void operator delete(void *, std::size_t) noexcept {}

/* Zeroed memory that the loader provides; mpy_ld.py wants it to be global. */
extern "C" {
alignas(tflite::ErrorReporter) unsigned char picket_tflm_reporter[sizeof(tflite::ErrorReporter)];
}

namespace tflite {

/* Says nothing: a library without texts has nothing to say. */
class SilentReporter : public ErrorReporter {
   public:
    int Report(const char *, va_list) override { return 0; }

    TF_LITE_REMOVE_VIRTUAL_DELETE
};

ErrorReporter *GetMicroErrorReporter() {
    return new (picket_tflm_reporter) SilentReporter; /* always the same object again: it has no state */
}

} // namespace tflite

#endif
