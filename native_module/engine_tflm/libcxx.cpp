/*
 * What TensorFlow Lite Micro wants of the C++ runtime, and one function of its own that keeps a static variable, for a
 * dynamic native module, which can have neither. Firmware and simulator have the real ones and none of these.
 */

#if MICROPY_ENABLE_DYNRUNTIME

#include <cstddef>

#include "tensorflow/lite/micro/tflite_bridge/micro_error_reporter.h"

extern "C" [[noreturn]] void abort(void);
extern "C" void __cxa_pure_virtual(void);

extern "C" void __cxa_pure_virtual(void) {
    abort();
}

/* Nothing of TFLM's is ever deleted; the compiler names these in tables of virtual functions. */
void operator delete(void *) noexcept {
}

void operator delete(void *, std::size_t) noexcept {
}

namespace tflite {

/* Says nothing: a library without texts has nothing to say. It has no state, so one that is constant will do. */
class SilentReporter : public ErrorReporter {
   public:
    constexpr SilentReporter() = default;
    int Report(const char *, va_list) override { return 0; }

    TF_LITE_REMOVE_VIRTUAL_DELETE
};

static constexpr SilentReporter silent;

ErrorReporter *GetMicroErrorReporter() {
    return const_cast<SilentReporter *>(&silent);
}

}  // namespace tflite

#endif
