/*
 * Variables of streaming models. A variable has the name that VAR_HANDLE gives it; its memory is the planner's item of
 * the handle that the first VAR_HANDLE of that name makes. Handles exist only while a model is loaded: at run time a
 * variable is just memory.
 */
#ifndef PICKET_VARIABLE_H
#define PICKET_VARIABLE_H

#include "../kernels.h"
#include "../model_load.h"

/* TFLite's codes. */
enum { PICKET_CODE_VAR_HANDLE = 142, PICKET_CODE_READ_VARIABLE = 143, PICKET_CODE_ASSIGN_VARIABLE = 144 };

/* The VAR_HANDLE of the loader's subgraph that makes a handle; a fault where there is none. */
bool picket_find_handle(picket_prepare_t *op, picket_loader_t *loader, int32_t tensor, picket_prepare_t *handle);

/* The item of the model's variable of a handle's name; -1 where the model has none. */
int32_t picket_find_variable(picket_prepare_t *op, const picket_prepare_t *handle);

/*
 * The memory of a variable that has no initial value yet, when it is time to write it; else NULL. The item's times
 * serve nothing else after planning.
 */
uint8_t *picket_take_initial_value(picket_prepare_t *op, int32_t variable);

/*
 * Copy between the variable of the operator's handle (input 0) and a tensor of its size. Returns the item, -1 after a
 * fault.
 */
int32_t picket_prepare_variable_copy(picket_prepare_t *op, const picket_tensor_info_t *tensor, bool to_variable);

/* The record of an operator that does nothing. */
void picket_use_no_kernel(picket_prepare_t *op);

#endif
