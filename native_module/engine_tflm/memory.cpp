#include "memory.h"

namespace picket {

namespace {

uint8_t *AlignUp(uint8_t *at, size_t alignment) {
    return at + (0 - reinterpret_cast<uintptr_t>(at)) % alignment;
}

uint8_t *AlignDown(uint8_t *at, size_t alignment) {
    return at - reinterpret_cast<uintptr_t>(at) % alignment;
}

} // namespace

void Escape::Use() {
#if defined(__xtensa__)
    longjmp(state, 1);
#else
    __builtin_longjmp(state, 1);
#endif
}

PersistentMemory::PersistentMemory(uint8_t *begin, uint8_t *end, Escape *escape)
    : begin_(begin), end_(end), top_(end), escape_(escape) {}

uint8_t *PersistentMemory::AllocatePersistentBuffer(size_t size, size_t alignment) {
    if (size <= static_cast<size_t>(top_ - begin_)) {
        uint8_t *result = AlignDown(top_ - size, alignment);
        if (result >= begin_) {
            top_ = result;
            return result;
        }
    }
    if (escape_ != nullptr) {
        escape_->Use();
    }
    return nullptr;
}

size_t PersistentMemory::GetPersistentUsedBytes() const {
    return static_cast<size_t>(end_ - top_);
}

void PersistentMemory::ReserveFront(size_t bytes) {
    if (bytes > static_cast<size_t>(top_ - begin_)) {
        escape_->Use();
    }
    begin_ += bytes;
}

void PersistentMemory::Seal() {
    begin_ = top_;
    escape_ = nullptr;
}

TemporaryMemory::TemporaryMemory(
    uint8_t *begin, uint8_t *end, uint8_t *activations, PersistentMemory *persistent, Escape *escape)
    : begin_(begin),
      end_(end),
      list_end_(begin),
      top_(begin),
      activations_(activations),
      persistent_(persistent),
      escape_(escape) {}

/* The first aligned address from which size bytes fit. */
uint8_t *TemporaryMemory::Take(uint8_t *from, size_t size, size_t alignment) {
    uint8_t *result = AlignUp(from, alignment);
    if (result <= end_ && size <= static_cast<size_t>(end_ - result)) {
        return result;
    }
    if (escape_ != nullptr) {
        escape_->Use();
    }
    return nullptr;
}

uint8_t *TemporaryMemory::AllocateTemp(size_t size, size_t alignment) {
    uint8_t *result = Take(top_, size, alignment);
    if (result != nullptr) {
        top_ = result + size;
        outstanding_++;
    }
    return result;
}

void TemporaryMemory::DeallocateTemp(uint8_t *) {
    outstanding_--;
}

bool TemporaryMemory::IsAllTempDeallocated() {
    return outstanding_ == 0;
}

TfLiteStatus TemporaryMemory::ResetTempAllocations() {
    if (!IsAllTempDeallocated()) {
        return kTfLiteError;
    }
    top_ = list_end_;
    resets_++;
    return kTfLiteOk;
}

uint8_t *TemporaryMemory::AllocateResizableBuffer(size_t size, size_t alignment) {
    uint8_t *result = AlignUp(begin_, alignment);
    return ResizeBuffer(result, size, alignment) == kTfLiteOk ? result : nullptr;
}

TfLiteStatus TemporaryMemory::ResizeBuffer(uint8_t *buffer, size_t size, size_t alignment) {
    if (top_ != list_end_ || buffer != AlignUp(begin_, alignment) || Take(buffer, size, alignment) == nullptr) {
        return kTfLiteError;
    }
    list_end_ = buffer + size;
    top_ = list_end_;
    return kTfLiteOk;
}

TfLiteStatus TemporaryMemory::DeallocateResizableBuffer(uint8_t *) {
    list_end_ = begin_;
    top_ = begin_;
    return kTfLiteOk;
}

uint8_t *TemporaryMemory::GetOverlayMemoryAddress() const {
    return activations_ != nullptr ? activations_ : begin_;
}

TfLiteStatus TemporaryMemory::ReserveNonPersistentOverlayMemory(size_t size, size_t) {
    if (activations_ != nullptr) {
        persistent_->ReserveFront(size);
    }
    activations_bytes_ = size;
    return kTfLiteOk;
}

size_t TemporaryMemory::GetNonPersistentUsedBytes() const {
    return activations_bytes_;
}

size_t TemporaryMemory::GetAvailableMemory(size_t alignment) const {
    uint8_t *from = AlignUp(top_, alignment);
    uint8_t *to = AlignDown(end_, alignment);
    return from < to ? static_cast<size_t>(to - from) : 0;
}

void TemporaryMemory::Seal() {
    end_ = begin_;
    list_end_ = begin_;
    top_ = begin_;
    escape_ = nullptr;
}

} // namespace picket
