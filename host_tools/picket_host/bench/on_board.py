# Runs on the emulated board: measures /rom/model.tflite on the vectors in /rom/inputs.bin. Prints one JSON line about
# the model, one for each vector, and one with what each operator takes.
# ruff: noqa: F821  (names of the inline assembler)
import gc
import json
import sys
import time
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


@micropython.asm_rv32
def count_30():
    """The low 30 bits of minstret: a small integer, which needs no memory."""
    csrrs(a0, zero, 0xB02)
    slli(a0, a0, 2)
    srli(a0, a0, 2)


class InstructionClock:
    """Stands for the module time, from which profile() takes its clock: its microseconds are instructions then."""

    ticks_us = count_30
    ticks_diff = time.ticks_diff  # modulo 2 to the 30th


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


def fill_inputs(file):
    for i, tensor in enumerate(inputs):
        fill(model.input(i), tensor.dtype, tensor.nbytes, file)


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
with open("/rom/inputs.bin", "rb") as file:
    while file.read(1):
        file.seek(-1, 1)
        here = file.tell()
        fill_inputs(file)
        count = instructions_of(model.invoke) - empty_call
        given = [bytes(model.output(i)).hex() for i in range(len(outputs))]
        print(json.dumps({"instructions": count, "outputs": given}))

    # The operators on the last vector again; it is filled in again, because the arena may have given the inputs' place
    # to other tensors. Models with a state remember earlier inputs: so this comes last.
    file.seek(here)
    fill_inputs(file)
sys.modules["time"] = InstructionClock
operators = model.profile()
# All of them together count more than the last invoke did by the readings of the clock: as much for each.
reading = max(0, round((sum(spent for _, spent in operators) - count) / max(1, len(operators))))
print(json.dumps([[name, spent - reading] for name, spent in operators]))
