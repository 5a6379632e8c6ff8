/* Which operators and types are built in, and the operators' prepare functions. */
#ifndef PICKET_OPERATORS_H
#define PICKET_OPERATORS_H

#include "model.h"

#ifndef PICKET_SELECT_OPERATORS
#define PICKET_OP_ABS 1
#define PICKET_OP_ADD 1
#define PICKET_OP_ARG_MAX 1
#define PICKET_OP_ASSIGN_VARIABLE 1
#define PICKET_OP_AVERAGE_POOL_2D 1
#define PICKET_OP_BATCH_TO_SPACE_ND 1
#define PICKET_OP_CALL_ONCE 1
#define PICKET_OP_CONCATENATION 1
#define PICKET_OP_CONV_2D 1
#define PICKET_OP_DEPTHWISE_CONV_2D 1
#define PICKET_OP_DEPTH_TO_SPACE 1
#define PICKET_OP_DEQUANTIZE 1
#define PICKET_OP_EXPAND_DIMS 1
#define PICKET_OP_FULLY_CONNECTED 1
#define PICKET_OP_HARD_SWISH 1
#define PICKET_OP_L2_NORMALIZATION 1
#define PICKET_OP_LEAKY_RELU 1
#define PICKET_OP_LOGISTIC 1
#define PICKET_OP_MAXIMUM 1
#define PICKET_OP_MAX_POOL_2D 1
#define PICKET_OP_MEAN 1
#define PICKET_OP_MINIMUM 1
#define PICKET_OP_MUL 1
#define PICKET_OP_PACK 1
#define PICKET_OP_PAD 1
#define PICKET_OP_PADV2 1
#define PICKET_OP_PRELU 1
#define PICKET_OP_QUANTIZE 1
#define PICKET_OP_READ_VARIABLE 1
#define PICKET_OP_REDUCE_MAX 1
#define PICKET_OP_RELU 1
#define PICKET_OP_RELU6 1
#define PICKET_OP_RESHAPE 1
#define PICKET_OP_RESIZE_BILINEAR 1
#define PICKET_OP_RESIZE_NEAREST_NEIGHBOR 1
#define PICKET_OP_SLICE 1
#define PICKET_OP_SOFTMAX 1
#define PICKET_OP_SPACE_TO_BATCH_ND 1
#define PICKET_OP_SPACE_TO_DEPTH 1
#define PICKET_OP_SPLIT 1
#define PICKET_OP_SPLIT_V 1
#define PICKET_OP_SQUEEZE 1
#define PICKET_OP_STRIDED_SLICE 1
#define PICKET_OP_SUB 1
#define PICKET_OP_SUM 1
#define PICKET_OP_SVDF 1
#define PICKET_OP_TANH 1
#define PICKET_OP_TRANSPOSE 1
#define PICKET_OP_TRANSPOSE_CONV 1
#define PICKET_OP_UNIDIRECTIONAL_SEQUENCE_LSTM 1
#define PICKET_OP_UNPACK 1
#define PICKET_OP_VAR_HANDLE 1
#define PICKET_TYPE_INT16 1
#define PICKET_TYPE_INT4 1
#endif

/* Types beside those that every build has: kernels of int16 activations (..._i16), and of int4 weights (..._i4). */
#ifndef PICKET_TYPE_INT16
#define PICKET_TYPE_INT16 0
#endif
#ifndef PICKET_TYPE_INT4
#define PICKET_TYPE_INT4 0
#endif

/* The type that an operator from int8 to int8 or int16 to int16 must have throughout, by its input's. A macro, so that
 * the compiler knows at once what can't be reached in a build without int16. */
#define picket_activation_type(input) (PICKET_TYPE_INT16 && (input)->type == PICKET_INT16 ? PICKET_INT16 : PICKET_INT8)

#define OPERATOR(code, name, version, options, prepare) void picket_prepare_##prepare(picket_prepare_t *op);
#include "operators.def"
#undef OPERATOR

#endif
