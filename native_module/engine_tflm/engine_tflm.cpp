/* TensorFlow Lite Micro behind engine.h. */
#include "../engine/engine.h"

#include <new>

#include "memory.h"
#include "tensorflow/lite/micro/memory_planner/greedy_memory_planner.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"

extern "C" {
#include "check.h"
}

namespace picket {
namespace {

constexpr uint32_t kMagic = 0x6d6c6674;
constexpr size_t kAlign = 16; /* of activations: what TFLM and its vector kernels expect */

/* The operators of this build, from a list that is generated: OPERATOR(TFLite's name, MicroMutableOpResolver's
 * function). */
constexpr unsigned kOperators = 0
#define OPERATOR(name, add) +1
#include "picket_tflm_operators.def"
#undef OPERATOR
    ;

/* A model uses few kinds; the table of those it uses lies in its arena. */
constexpr unsigned kMostKinds = kOperators < 32 ? kOperators : 32;

using Resolver = tflite::MicroMutableOpResolver<kMostKinds>;

/* Make an operator known to TFLM. Returns false where there are too many kinds. */
bool AddOperator(Resolver *resolver, int32_t code) {
    if (resolver->FindOp(static_cast<tflite::BuiltinOperator>(code)) != nullptr) {
        return true;
    }
    switch (code) {
#define OPERATOR(name, add)              \
    case tflite::BuiltinOperator_##name: \
        return resolver->add() == kTfLiteOk;
#include "picket_tflm_operators.def"
#undef OPERATOR
        default:
            return false;
    }
}

/* TFLM's allocator with Picket's memory. It remembers the operators, so that they can be run one at a time. */
class Allocator : public tflite::MicroAllocator {
   public:
    Allocator(PersistentMemory *persistent, TemporaryMemory *temporary, tflite::MicroMemoryPlanner *planner)
        : MicroAllocator(persistent, temporary, planner) {}

    tflite::NodeAndRegistration *nodes() const { return nodes_; }

    TF_LITE_REMOVE_VIRTUAL_DELETE

   protected:
    TfLiteStatus AllocateNodeAndRegistrations(
        const tflite::Model *model, tflite::SubgraphAllocations *subgraphs) override {
        TfLiteStatus status = MicroAllocator::AllocateNodeAndRegistrations(model, subgraphs);
        nodes_ = subgraphs[0].node_and_registrations;
        return status;
    }

   private:
    tflite::NodeAndRegistration *nodes_ = nullptr;
};

class Interpreter : public tflite::MicroInterpreter {
   public:
    using tflite::MicroInterpreter::context;
    using tflite::MicroInterpreter::MicroInterpreter;
};

/* The regions of memory that an engine is made in. */
struct Regions {
    uint8_t *temporary;
    uint8_t *temporary_end;
    uint8_t *activations;
    uint8_t *persistent; /* from here activations and persistent memory grow towards each other */
    uint8_t *persistent_end;
};

} // namespace
} // namespace picket

/* Lies at the start of the arena (while a model is measured: of the work memory). */
struct picket_engine {
    picket_engine(
        const tflite::Model *model, uint32_t operators, int variables, const picket::Regions &regions,
        picket::Escape *escape)
        : operator_count(operators),
          persistent(regions.persistent, regions.persistent_end, escape),
          temporary(regions.temporary, regions.temporary_end, regions.activations, &persistent, escape),
          allocator(&persistent, &temporary, &planner),
          interpreter(
              model, resolver, &allocator,
              variables ? tflite::MicroResourceVariables::Create(&allocator, variables) : nullptr) {}

    uint32_t magic = picket::kMagic;
    uint32_t operator_count;
    picket::PersistentMemory persistent;
    picket::TemporaryMemory temporary;
    tflite::GreedyMemoryPlanner planner;
    picket::Allocator allocator;
    picket::Resolver resolver;
    picket::Interpreter interpreter;
};

namespace picket {
namespace {

size_t AlignUp(size_t bytes) {
    return (bytes + kAlign - 1) / kAlign * kAlign;
}

uint8_t *AlignUp(uint8_t *at) {
    return at + (0 - reinterpret_cast<uintptr_t>(at)) % kAlign;
}

uint8_t *AlignDown(uint8_t *at) {
    return at - reinterpret_cast<uintptr_t>(at) % kAlign;
}

/* A file with what is known of it. */
struct File {
    picket_reader_t reader;
    picket_tflm_counts_t counts;
};

/* Clear the error, check the arguments, count what the file has. */
bool OpenFile(const void *model, size_t model_bytes, File *file, picket_error_t *error) {
    *error = {};
    error->operator_index = -1;
    error->operator_code = -1;
    error->tensor_index = -1;
    file->reader = {static_cast<const uint8_t *>(model), static_cast<uint32_t>(model_bytes), error};
    if (model == nullptr || model_bytes > INT32_MAX || reinterpret_cast<uintptr_t>(model) % 4 != 0) {
        picket_fail(
            &file->reader, PICKET_ERROR_ARGUMENT, 0,
            "no model, one of more than 2^31 - 1 bytes, or one that is not aligned to 4");
        return false;
    }
    picket_tflm_count(&file->reader, &file->counts);
    return error->status == PICKET_OK;
}

/*
 * Memory that TFLM works in while it opens a model: a request for scratch memory is 24 bytes, an entry of the planner
 * about 100 for a tensor, and a few descriptions of tensors are alive at once.
 */
size_t TemporaryBytes(const picket_tflm_counts_t &counts) {
    size_t planned = AlignUp(2048 + (sizeof(void *) * 8 + 48) * (counts.tensors + 2 * counts.operators));
    size_t checked = AlignUp(picket_tflm_check_bytes(&counts));
    return planned > checked ? planned : checked;
}

/* What TFLM usually keeps, with room: per tensor its shape and address, per operator the kernel's parameters, per
 * channel a multiplier and a shift. */
size_t PersistentBytes(const picket_tflm_counts_t &counts) {
    size_t pointer = sizeof(void *);
    return AlignUp(
        2048 + 6 * pointer * counts.tensors + (400 + 24 * pointer) * counts.operators + 16 * counts.scales
        + 64 * counts.variables + 2 * counts.variables_bytes);
}

size_t WorkBytes(const picket_tflm_counts_t &counts) {
    return 2 * kAlign + AlignUp(sizeof(picket_engine)) + TemporaryBytes(counts) + PersistentBytes(counts);
}

/* Note that the memory is too small. */
void FailMemory(File *file, const char *what, size_t needed_bytes) {
    picket_fail(&file->reader, PICKET_ERROR_MEMORY, 0, what);
    file->reader.error->needed_bytes = needed_bytes;
}

/* Whether the work memory will do, and the checks of the whole file, which are made in it. */
bool Check(File *file, void *work, size_t work_bytes) {
    if (work_bytes < WorkBytes(file->counts) || reinterpret_cast<uintptr_t>(work) % PICKET_ARENA_ALIGN != 0) {
        FailMemory(file, "the work memory is too small or misaligned", WorkBytes(file->counts));
        return false;
    }
    picket_tflm_check(&file->reader, &file->counts, work);
    return file->reader.error->status == PICKET_OK;
}

/* Tell TFLM the operators that the model uses. All of them are in this build: that was checked. */
bool AddOperators(File *file, Resolver *resolver) {
    for (uint32_t own = 0; own < file->counts.subgraphs; own++) {
        picket_model_t model;
        picket_model_open_subgraph(&file->reader, own, &model);
        for (uint32_t i = 0; i < model.operators.count; i++) {
            if (!AddOperator(resolver, picket_tflm_operator_code(&file->reader, &model, i))) {
                picket_fail_values(
                    &file->reader, PICKET_ERROR_UNSUPPORTED, "the model has too many kinds of operators",
                    kMostKinds + 1, kMostKinds);
                return false;
            }
        }
    }
    return true;
}

/* TFLM said no: find out to which operator. It prepares them in order, those of the first subgraph first. */
void BlameOperator(File *file, const picket_engine &engine) {
    picket_error_t *error = file->reader.error;
    uint32_t index = engine.temporary.resets();
    if (index < engine.operator_count) {
        picket_model_t model;
        picket_model_open_subgraph(&file->reader, 0, &model);
        error->operator_index = static_cast<int32_t>(index);
        error->operator_code = picket_tflm_operator_code(&file->reader, &model, index);
    }
    picket_fail(&file->reader, PICKET_ERROR_UNSUPPORTED, 0, "TensorFlow Lite Micro refuses it");
}

/*
 * Construct the engine at memory and let TFLM allocate everything. On a fault the error is set and nullptr returned.
 * Not inlined: the caller's variables must not be in registers when a request for memory escapes.
 */
__attribute__((noinline)) picket_engine *Build(File *file, void *memory, const Regions &regions, Escape *escape) {
    picket_model_t model;
    picket_model_open_subgraph(&file->reader, 0, &model);
    picket_engine *engine = new (memory) picket_engine(
        tflite::GetModel(file->reader.base), model.operators.count, static_cast<int>(file->counts.variables), regions,
        escape);
    if (!AddOperators(file, &engine->resolver)) {
        return nullptr;
    }
    if (engine->interpreter.AllocateTensors() != kTfLiteOk) {
        BlameOperator(file, *engine);
        return nullptr;
    }
    engine->temporary.Seal();
    engine->persistent.Seal();
    return engine;
}

/* As Build; false also when the memory was too small, then without an error. */
__attribute__((noinline)) bool TryBuild(File *file, void *memory, const Regions &regions, picket_engine **engine) {
    Escape escape;
    *engine = nullptr;
    if (PICKET_ESCAPES(escape)) {
        return false;
    }
    *engine = Build(file, memory, regions, &escape);
    return *engine != nullptr;
}

bool IsOpen(const picket_engine_t *engine) {
    return engine != nullptr && engine->magic == kMagic;
}

picket_status_t Describe(const TfLiteTensor *tensor, picket_tensor_t *description) {
    *description = {};
    switch (tensor->type) {
        case kTfLiteFloat32:
            description->type = PICKET_FLOAT32;
            break;
        case kTfLiteInt32:
            description->type = PICKET_INT32;
            break;
        case kTfLiteUInt8:
            description->type = PICKET_UINT8;
            break;
        case kTfLiteInt64:
            description->type = PICKET_INT64;
            break;
        case kTfLiteBool:
            description->type = PICKET_BOOL;
            break;
        case kTfLiteInt16:
            description->type = PICKET_INT16;
            break;
        case kTfLiteInt4:
            description->type = PICKET_INT4;
            break;
        default: /* no other type passes the check of the file */
            description->type = PICKET_INT8;
            break;
    }
    description->rank = tensor->dims->size;
    description->elements = 1;
    for (int axis = 0; axis < tensor->dims->size; axis++) {
        description->dims[axis] = tensor->dims->data[axis];
        description->elements *= static_cast<uint32_t>(tensor->dims->data[axis]);
    }
    description->scale = tensor->params.scale;
    description->zero_point = tensor->params.zero_point;
    description->bytes = static_cast<uint32_t>(tensor->bytes);
    description->data = tensor->data.data;
    return PICKET_OK;
}

/* TFLM's accessors change nothing but are not declared const. */
Interpreter *InterpreterOf(const picket_engine_t *engine) {
    return &const_cast<picket_engine_t *>(engine)->interpreter;
}

} // namespace
} // namespace picket

extern "C" {

const char *picket_engine_name(void) {
    return "tflm";
}

const char *picket_operator_name(int32_t operator_code) {
    switch (operator_code) {
#define OPERATOR(name, add)              \
    case tflite::BuiltinOperator_##name: \
        return #name;
#include "picket_tflm_operators.def"
#undef OPERATOR
        default:
            return "?";
    }
}

picket_status_t picket_engine_work_bytes(
    const void *model, size_t model_bytes, size_t *work_bytes, picket_error_t *error) {
    picket::File file;
    if (picket::OpenFile(model, model_bytes, &file, error)) {
        *work_bytes = picket::WorkBytes(file.counts);
    }
    return error->status;
}

/* The model is opened in the work memory for trial; only the activations have no memory there, and need none before the
 * model runs. */
picket_status_t picket_engine_measure(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, size_t *arena_bytes, picket_error_t *error) {
    picket::File file;
    if (!picket::OpenFile(model, model_bytes, &file, error) || !picket::Check(&file, work, work_bytes)) {
        return error->status;
    }
    /* More work memory than asked for is an answer to an earlier error: the estimates were too small by the same
     * factor. */
    const size_t fixed_bytes = 2 * picket::kAlign + picket::AlignUp(sizeof(picket_engine));
    const size_t free_bytes = work_bytes - fixed_bytes;
    const size_t temporary_bytes = static_cast<size_t>(
        static_cast<uint64_t>(free_bytes) * picket::TemporaryBytes(file.counts)
        / (picket::WorkBytes(file.counts) - fixed_bytes));
    uint8_t *begin = picket::AlignUp(static_cast<uint8_t *>(work));
    uint8_t *end = picket::AlignDown(static_cast<uint8_t *>(work) + work_bytes);
    uint8_t *temporary = begin + picket::AlignUp(sizeof(picket_engine));
    const picket::Regions regions = {temporary, temporary + temporary_bytes, nullptr, temporary + temporary_bytes, end};
    picket_engine *engine;
    if (picket::TryBuild(&file, begin, regions, &engine)) {
        *arena_bytes = 2 * picket::kAlign + picket::AlignUp(sizeof(picket_engine))
                       + picket::AlignUp(engine->temporary.GetNonPersistentUsedBytes())
                       + engine->persistent.GetPersistentUsedBytes();
        picket_engine_close(engine);
    } else if (error->status == PICKET_OK) {
        picket::FailMemory(&file, "the work memory is too small for this model", 2 * work_bytes);
    }
    return error->status;
}

picket_status_t picket_engine_open(
    const void *model, size_t model_bytes, void *work, size_t work_bytes, void *arena, size_t arena_bytes,
    picket_engine_t **engine, picket_error_t *error) {
    picket::File file;
    *engine = nullptr;
    if (!picket::OpenFile(model, model_bytes, &file, error) || !picket::Check(&file, work, work_bytes)) {
        return error->status;
    }
    if (arena == nullptr) {
        picket_fail(&file.reader, PICKET_ERROR_ARGUMENT, 0, "no arena");
        return error->status;
    }
    if (arena_bytes < 2 * picket::kAlign + sizeof(picket_engine)
        || reinterpret_cast<uintptr_t>(arena) % PICKET_ARENA_ALIGN != 0) {
        picket::FailMemory(&file, "the arena is too small or misaligned", 0);
        return error->status;
    }
    uint8_t *begin = picket::AlignUp(static_cast<uint8_t *>(arena));
    uint8_t *end = picket::AlignDown(static_cast<uint8_t *>(arena) + arena_bytes);
    uint8_t *activations = begin + picket::AlignUp(sizeof(picket_engine));
    uint8_t *temporary = static_cast<uint8_t *>(work);
    const picket::Regions regions = {temporary, temporary + work_bytes, activations, activations, end};
    if (!picket::TryBuild(&file, begin, regions, engine) && error->status == PICKET_OK) {
        picket::FailMemory(&file, "the arena is too small", 0);
    }
    return error->status;
}

void picket_engine_close(picket_engine_t *engine) {
    engine->magic = 0;
    engine->interpreter.~Interpreter();
}

picket_status_t picket_engine_invoke(picket_engine_t *engine) {
    if (!picket::IsOpen(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    return engine->interpreter.Invoke() == kTfLiteOk ? PICKET_OK : PICKET_ERROR_INVALID;
}

/* As TFLM's own loop over the operators does it. Its profiler can't serve here: it has no code in a library without
 * texts. */
picket_status_t picket_engine_step(picket_engine_t *engine, uint32_t operator_index) {
    if (operator_index >= picket_engine_operator_count(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    tflite::NodeAndRegistration &node = engine->allocator.nodes()[operator_index];
    TfLiteStatus status =
        node.registration->invoke(const_cast<TfLiteContext *>(&engine->interpreter.context()), &node.node);
    engine->allocator.ResetTempAllocations();
    return status == kTfLiteOk ? PICKET_OK : PICKET_ERROR_INVALID;
}

uint32_t picket_engine_operator_count(const picket_engine_t *engine) {
    return picket::IsOpen(engine) ? engine->operator_count : 0;
}

const char *picket_engine_operator_name(const picket_engine_t *engine, uint32_t operator_index) {
    if (operator_index >= picket_engine_operator_count(engine)) {
        return "?";
    }
    return picket_operator_name(engine->allocator.nodes()[operator_index].registration->builtin_code);
}

uint32_t picket_engine_input_count(const picket_engine_t *engine) {
    return picket::IsOpen(engine) ? static_cast<uint32_t>(engine->interpreter.inputs_size()) : 0;
}

uint32_t picket_engine_output_count(const picket_engine_t *engine) {
    return picket::IsOpen(engine) ? static_cast<uint32_t>(engine->interpreter.outputs_size()) : 0;
}

picket_status_t picket_engine_input(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor) {
    if (index >= picket_engine_input_count(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    return picket::Describe(picket::InterpreterOf(engine)->input(index), tensor);
}

picket_status_t picket_engine_output(const picket_engine_t *engine, uint32_t index, picket_tensor_t *tensor) {
    if (index >= picket_engine_output_count(engine)) {
        return PICKET_ERROR_ARGUMENT;
    }
    return picket::Describe(picket::InterpreterOf(engine)->output(index), tensor);
}

} // extern "C"
