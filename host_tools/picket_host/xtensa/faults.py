"""Works around what LLVM 23's backend for Xtensa gets wrong: LLVM's assembly language is rewritten first.

The faults, and how they show, are listed in ``docs/xtensa.md``.
"""

from __future__ import annotations

import re
import struct

_FLOAT = r"(-?[\d.]\S*|0x[\dA-F]+)"  # as llvm-dis writes a constant
_CHOICE_OF_FLOATS = re.compile(rf"^( +)%([\w.]+) = select i1 (\S+), float {_FLOAT}, float {_FLOAT}$", re.MULTILINE)
_FLOAT_OF_BIT = re.compile(r"^( +%[\w.]+ = )([us])itofp i1 (\S+) to float$", re.MULTILINE)
_VA_START = re.compile(r"^( +)(?:tail )?call void @llvm\.va_start\S*\(ptr (?:\w+ )*(%\S+)\).*$", re.MULTILINE)
_VA_ARG = re.compile(r"^( +)(%\S+ = )va_arg ptr (%\S+), (ptr|i32)\b.*$", re.MULTILINE)


def work_around(module: str) -> str:
    """LLVM assembly that means the same and that the backend compiles right."""
    return take_arguments_by_calls(choose_between_bits(module))


def choose_between_bits(module: str) -> str:
    """LLVM assembly in which no ``select`` chooses between two float constants.

    The backend makes of such a choice a load from a table and then can't select an instruction for the table's address.
    Here the bit patterns are chosen between, as integers.
    """

    def bits(constant: str) -> int:
        hexadecimal = constant.startswith("0x")  # LLVM writes any float as a double
        value = struct.unpack(">d", bytes.fromhex(constant[2:]))[0] if hexadecimal else float(constant)
        return struct.unpack("<i", struct.pack("<f", value))[0]

    def instead(found: re.Match[str]) -> str:
        indent, name, condition, yes, no = found.groups()
        chosen = f"{indent}%bits.of.{name} = select i1 {condition}, i32 {bits(yes)}, i32 {bits(no)}"
        return f"{chosen}\n{indent}%{name} = bitcast i32 %bits.of.{name} to float"

    module = _FLOAT_OF_BIT.sub(
        lambda found: f"{found[1]}select i1 {found[3]}, float {'-' * (found[2] == 's')}1.0, float 0.0", module
    )
    return _CHOICE_OF_FLOATS.sub(instead, module)


def take_arguments_by_calls(module: str) -> str:
    """LLVM assembly in which functions with variable arguments take them by calls of ours (``runtime/picket_va_*.c``).

    The backend stores the arguments in other places than it takes them from. Arguments of other types than pointers and
    integers of 32 bits stay as they are.
    """
    module = _VA_START.sub(lambda found: f"{found[0]}\n{found[1]}call void @picket_va_start(ptr {found[2]})", module)
    module = _VA_ARG.sub(lambda found: f"{found[1]}{found[2]}call {found[4]} @picket_va_word(ptr {found[3]})", module)
    for name, result in (("picket_va_start", "void"), ("picket_va_word", "i32")):
        used = re.search(rf"call \w+ @{name}\(", module)
        if used and not re.search(rf"^define [^@\n]*@{name}\(", module, flags=re.MULTILINE):
            module += f"\ndeclare {result} @{name}(ptr)\n"
    return module
