/*
 * The two kinds of memory that TensorFlow Lite Micro asks for, given from regions that the engine's caller owns.
 *
 * Many of TFLM's kernels use what they get without looking whether they got it. So while a model is opened, a request
 * that does not fit leaves TFLM altogether (Escape) instead of returning a null pointer. TFLM has no destructors that
 * this could skip.
 */
#ifndef PICKET_TFLM_MEMORY_H
#define PICKET_TFLM_MEMORY_H

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/micro/arena_allocator/ibuffer_allocator.h"
#include "tensorflow/lite/micro/compatibility.h"

#if defined(__xtensa__) /* register windows: only the C library's are right */
#include <setjmp.h>
#define PICKET_ESCAPES(escape) (setjmp((escape).state) != 0)
#else
#define PICKET_ESCAPES(escape) (__builtin_setjmp((escape).state) != 0)
#endif

namespace picket {

/*
 * The way out of TFLM. PICKET_ESCAPES(escape) is false when it is set, and true when something used it, as with setjmp;
 * only objects in memory keep their values then.
 */
struct Escape {
#if defined(__xtensa__)
    jmp_buf state;
#else
    void *state[5];
#endif
    [[noreturn]] void Use();
};

/* Memory for the lifetime of the model: grows from the region's end downwards. */
class PersistentMemory : public tflite::IPersistentBufferAllocator {
   public:
    /* begin, end: the region. escape: where to go when it is full. */
    PersistentMemory(uint8_t *begin, uint8_t *end, Escape *escape);

    uint8_t *AllocatePersistentBuffer(size_t size, size_t alignment) override;
    size_t GetPersistentUsedBytes() const override;

    /* The region shrinks: its first bytes are taken by something else. Escapes when they are in use. */
    void ReserveFront(size_t bytes);

    /* From now on requests fail with a null pointer. */
    void Seal();

    TF_LITE_REMOVE_VIRTUAL_DELETE

   private:
    uint8_t *begin_;
    uint8_t *end_;
    uint8_t *top_;
    Escape *escape_;
};

/*
 * Memory while the model is opened: one resizable list at the region's beginning, then a stack that is emptied at once.
 * And the place of the activations (TFLM's overlay), which lies elsewhere: at the front of the region of the persistent
 * memory, or nowhere (NULL) while it is only measured.
 */
class TemporaryMemory : public tflite::INonPersistentBufferAllocator {
   public:
    TemporaryMemory(uint8_t *begin, uint8_t *end, uint8_t *activations, PersistentMemory *persistent, Escape *escape);

    uint8_t *AllocateTemp(size_t size, size_t alignment) override;
    void DeallocateTemp(uint8_t *buffer) override;
    bool IsAllTempDeallocated() override;
    TfLiteStatus ResetTempAllocations() override;
    uint8_t *AllocateResizableBuffer(size_t size, size_t alignment) override;
    TfLiteStatus ResizeBuffer(uint8_t *buffer, size_t size, size_t alignment) override;
    TfLiteStatus DeallocateResizableBuffer(uint8_t *buffer) override;
    uint8_t *GetOverlayMemoryAddress() const override;
    TfLiteStatus ReserveNonPersistentOverlayMemory(size_t size, size_t alignment) override;
    size_t GetNonPersistentUsedBytes() const override;
    size_t GetAvailableMemory(size_t alignment) const override;

    /* How many times the stack was emptied: TFLM does that after each operator that it has prepared. */
    uint32_t resets() const { return resets_; }

    /* From now on requests fail with a null pointer. */
    void Seal();

    TF_LITE_REMOVE_VIRTUAL_DELETE

   private:
    uint8_t *Take(uint8_t *from, size_t size, size_t alignment);

    uint8_t *begin_;
    uint8_t *end_;
    uint8_t *list_end_;
    uint8_t *top_;
    uint8_t *activations_;
    size_t activations_bytes_ = 0;
    PersistentMemory *persistent_;
    Escape *escape_;
    int32_t outstanding_ = 0;
    uint32_t resets_ = 0;
};

} // namespace picket

#endif
