/*
 * The loader's view of a model: where things lie in the file, its tensors, and what an operator's prepare function
 * works with.
 */
#ifndef PICKET_MODEL_H
#define PICKET_MODEL_H

#include "flatbuffer.h"
#include "real.h"

#define PICKET_MAX_TENSORS 16384
#define PICKET_MAX_OPERATORS 16384
#define PICKET_MAX_ELEMENTS (1 << 26) /* of one tensor, so that sums of a few byte counts stay below 2^31 */
#define PICKET_MAX_REFS 32            /* inputs, outputs, scratch and table of one operator */
#define PICKET_MAX_PARAMS 96          /* bytes of one operator's parameters */

/* Vectors of one subgraph of the file. */
typedef struct {
    picket_vector_t buffers;
    picket_vector_t codes;
    picket_vector_t tensors;
    picket_vector_t operators;
    picket_vector_t inputs;
    picket_vector_t outputs;
} picket_model_t;

/* One tensor, checked: shape, type, data and quantisation agree with each other. */
typedef struct {
    int32_t index; /* in the file */
    picket_type_t type;
    int32_t rank;
    int32_t dims[PICKET_MAX_RANK];
    uint32_t elements;
    uint32_t bytes;
    bool variable;          /* keeps its value between invocations */
    uint32_t data_position; /* in the file; 0 for a tensor that is computed */
    picket_vector_t scales; /* float bits; empty where the tensor is not quantised */
    picket_vector_t zero_points;
    int32_t channel_axis; /* of per-channel scales */
} picket_tensor_info_t;

/* What the planner knows of a tensor or of an operator's scratch memory. Operator i runs at time i + 1; inputs are
 * there at time 0. */
typedef struct {
    uint32_t bytes;
    uint32_t offset_bytes; /* in the arena */
    uint16_t first;        /* time of the first write; PICKET_NEVER before that */
    uint16_t last;         /* time of the last use */
    uint16_t root;         /* the item whose memory this one uses: itself, unless it was put in place of another */
    uint16_t next;         /* the planner's list */
} picket_item_t;

#define PICKET_NEVER 0xffff

/* TFLite's type of a variable's handle: it has no bytes; only VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE know it. */
#define PICKET_RESOURCE 13

/* One run of the loader over a model. The same code measures (arena NULL) and writes. */
typedef struct {
    picket_reader_t reader;
    picket_model_t model;
    picket_item_t *items; /* tensors, then the scratch memory of each operator */
    uint8_t *arena;
    uint32_t records_bytes; /* so far */
    uint32_t tables_bytes;  /* so far */
    uint32_t tables_offset; /* in the arena, once it is known */
} picket_loader_t;

/*
 * One operator while it is prepared. A prepare function (operators/<op>.c) reads and checks the operator's tensors and
 * options, chooses the kernel, fills in the kernel's parameters and says what the kernel needs. It runs twice, first to
 * measure and then to write, and must do the same both times.
 */
typedef struct {
    picket_loader_t *loader;
    picket_reader_t *reader;
    uint32_t index; /* in the order of execution */
    int32_t code;   /* TFLite's operator code */
    int32_t version;
    picket_table_t options; /* the builtin options; absent fields read as their defaults */
    uint32_t options_type;
    picket_vector_t inputs;
    picket_vector_t outputs;
    uint8_t kernel; /* a PICKET_KERNEL_... */
    uint8_t ref_count;
    uint8_t params_bytes;
    uint8_t uses_scratch;
    uint32_t refs[PICKET_MAX_REFS];
    union {
        uint8_t bytes[PICKET_MAX_PARAMS];
        uint32_t align;
    } params;
} picket_prepare_t;

/* References to memory that hold wherever arena and file lie. */
#define PICKET_REF_FILE 0x80000000u /* the other bits are a position in the file; otherwise an offset in the arena */
#define PICKET_REF_NONE 0xffffffffu

/* --- model_file.c: the file's structure --- */

/* Open the first subgraph of a file, which is what the model computes. Others may serve CALL_ONCE. */
void picket_model_open(picket_reader_t *reader, picket_model_t *model);

/* Open one subgraph of a file that may have several; returns how many it has. */
uint32_t picket_model_open_subgraph(picket_reader_t *reader, uint32_t index, picket_model_t *model);

/* Read and check a tensor. */
void picket_tensor_read(
    picket_reader_t *reader, const picket_model_t *model, int32_t index, picket_tensor_info_t *tensor);

/* Code and version of the operator in a table of the operators vector. */
void picket_operator_read(
    picket_reader_t *reader, const picket_model_t *model, const picket_table_t *table, int32_t *code, int32_t *version);

/* The bytes of one element; 0 for types that the engine lacks. int4 gives 1 although two share a byte. */
uint32_t picket_type_bytes(int32_t type);

/* --- model_prepare.c: what prepare functions are made of. All of them note faults in op->reader. --- */

/* Fail with a text about the operator or about one of its tensors. Return false, so that a check can be returned. */
bool picket_refuse_for(picket_prepare_t *op, picket_fault_t fault);
bool picket_refuse_tensor_for(picket_prepare_t *op, const picket_tensor_info_t *tensor, picket_fault_t fault);

#define picket_refuse(op, status, what) picket_refuse_for(op, PICKET_FAULT(status, what))
#define picket_refuse_tensor(op, tensor, status, what) picket_refuse_tensor_for(op, tensor, PICKET_FAULT(status, what))

/* Check how many inputs and outputs there are. */
bool picket_expect_counts(picket_prepare_t *op, uint32_t min_inputs, uint32_t max_inputs, uint32_t outputs);

/* The operator's nth input or output. An optional input (index -1, or beyond the list) gives false without a fault in
 * picket_optional_input. */
bool picket_input_info(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor);
bool picket_optional_input(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor);
bool picket_output_info(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor);

/* The nth input, which must be a variable tensor: the operator may change it, and it keeps its value. */
bool picket_state_info(picket_prepare_t *op, uint32_t nth, picket_tensor_info_t *tensor);

/* Checks that end in a fault which names the tensor. */
bool picket_expect_type(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t type);
bool picket_expect_rank(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t rank);
bool picket_expect_dim(picket_prepare_t *op, const picket_tensor_info_t *tensor, int32_t axis, int32_t size);
bool picket_expect_elements(picket_prepare_t *op, const picket_tensor_info_t *tensor, uint32_t elements);
bool picket_expect_same_shape(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, const picket_tensor_info_t *like);
bool picket_expect_constant(picket_prepare_t *op, const picket_tensor_info_t *tensor);
bool picket_expect_same_quantization(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, const picket_tensor_info_t *like);

/* Per-tensor quantisation: one finite scale above 0 and a zero point within the type's range. */
bool picket_quantization(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, picket_real_t *scale, int32_t *zero_point);

/* One of a tensor's scales (checked: finite, above 0). */
bool picket_channel_scale(
    picket_prepare_t *op, const picket_tensor_info_t *tensor, uint32_t channel, picket_real_t *scale);

/* An int32 constant's element. */
int32_t picket_constant_i32(picket_prepare_t *op, const picket_tensor_info_t *tensor, uint32_t element);

/* A fixed-point multiplier; a fault where it is out of range. */
bool picket_multiplier(picket_prepare_t *op, picket_real_t real, int32_t *multiplier_q31, int32_t *shift);

/* The quantised range of a fused activation (TFLite's number of it) on an output of type int8 or int16. */
bool picket_activation_range(
    picket_prepare_t *op, uint32_t activation, const picket_tensor_info_t *output, int32_t *min, int32_t *max);

/*
 * A window (convolution, pooling) along one axis: checks stride, dilation and the output's size, and gives the padding
 * before the first element. padding is TFLite's number: 0 SAME, 1 VALID.
 */
bool picket_window(
    picket_prepare_t *op, uint32_t padding, int32_t input, int32_t filter, int32_t stride, int32_t dilation,
    int32_t output, int32_t *before);

/* What the kernel gets, in this order: pointers to tensors, scratch memory, tables. */
void picket_use_tensor(picket_prepare_t *op, const picket_tensor_info_t *tensor);
void picket_use_nothing(picket_prepare_t *op); /* a NULL pointer, for an optional tensor that is absent */
void picket_use_scratch(picket_prepare_t *op, uint32_t bytes); /* at most once per operator */

/*
 * Memory that keeps its contents between invocations, zeroed when the model is opened: an item of the planner that
 * nothing else uses. A fault where the item is in use already with another size.
 */
bool picket_keep_item(picket_prepare_t *op, uint32_t item, uint32_t bytes);

/* Memory that is filled at load and constant from then on, at most once per operator. Returns NULL while measuring.
 * Aligned to 4. */
uint8_t *picket_use_table(picket_prepare_t *op, uint32_t bytes);

/* The kernel's parameters, zeroed; at most PICKET_MAX_PARAMS bytes, no alignment above 4, no pointers. */
void *picket_use_params(picket_prepare_t *op, uint32_t bytes);

/*
 * The kernel may write its output over this input, if nobody uses the input later. Returns whether it will.
 * Only for kernels that read each input element before they write the output element at the same place.
 */
bool picket_in_place(picket_prepare_t *op, const picket_tensor_info_t *input, const picket_tensor_info_t *output);

/* --- plan.c --- */

/*
 * Give every item that is its own root an offset, so that items alive at the same time do not overlap.
 * Returns the bytes needed, UINT32_MAX for more than 2^30.
 */
uint32_t picket_plan(picket_item_t *items, uint32_t count);

#endif
