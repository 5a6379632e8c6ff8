# Runs on the emulated board: measures /rom/model.tflite on the vectors in /rom/inputs.bin. Prints one JSON line about
# the model, then one for each vector.
# ruff: noqa: F821  (names of the inline assembler)
import gc
import json
from array import array

import micropython
import uctypes
from memory_map import FREE, FREE_BYTES

_TYPECODES = {"int8": "b", "uint8": "B", "bool": "B", "int16": "h", "int32": "i", "int64": "q", "float32": "f"}
_CHUNK_BYTES = 512


@micropython.asm_rv32
def count_into(a0):
    """Store the 64 bits of minstret in an array('I'); neither allocates nor returns anything of interest."""
    label(again)
    csrrs(a1, zero, 0xB82)
    csrrs(a2, zero, 0xB02)
    csrrs(a3, zero, 0xB82)
    bne(a1, a3, again)
    sw(a2, 0(a0))
    sw(a1, 4(a0))
    li(a0, 0)


def instructions_of(method):
    before, after = array("I", (0, 0)), array("I", (0, 0))
    count_into(before)
    method()
    count_into(after)
    return (after[1] - before[1] << 32) + after[0] - before[0]


def fill(view, dtype, nbytes, file):
    items = 0
    while nbytes:
        chunk = array(_TYPECODES[dtype], file.read(min(nbytes, _CHUNK_BYTES)))
        view[items : items + len(chunk)] = chunk
        items += len(chunk)
        nbytes -= min(nbytes, _CHUNK_BYTES)


gc.collect()
heap_before = gc.mem_alloc()
import picket_native  # noqa: E402  (its cost is measured)

gc.collect()
module_heap_bytes = gc.mem_alloc() - heap_before

with open("/rom/model.tflite", "rb") as file:
    weights = memoryview(file)  # where they lie in the image
# Outside of the heap, so that the heap's size does not limit what can be measured.
model = picket_native.Model(weights, uctypes.bytearray_at(FREE, FREE_BYTES))
inputs, outputs = model.inputs, model.outputs
print(json.dumps({"engine": model.engine, "arena_bytes": model.arena_bytes, "module_heap_bytes": module_heap_bytes}))

empty_call = instructions_of("".isspace)  # a method like invoke that does nothing
# Models with a state remember earlier inputs: so the operators are looked at last.
with open("/rom/inputs.bin", "rb") as file:
    while file.read(1):
        file.seek(-1, 1)
        for i, tensor in enumerate(inputs):
            fill(model.input(i), tensor.dtype, tensor.nbytes, file)
        count = instructions_of(model.invoke) - empty_call
        given = [bytes(model.output(i)).hex() for i in range(len(outputs))]
        print(json.dumps({"instructions": count, "outputs": given}))

# Ticks are counted in instructions: 1,000 a microsecond.
print(json.dumps([[name, us * 1000] for name, us in model.profile()]))
