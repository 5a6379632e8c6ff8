"""Makes an Xtensa object one that MicroPython's linker, ``mpy_ld.py``, reads right, and refuses what it would not.

``mpy_ld.py`` is written for what GNU's assembler emits, and takes some forms without a word for others.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError

_R_XTENSA_32, _R_XTENSA_PLT, _R_XTENSA_SLOT0_OP = 1, 6, 20
_IGNORED_IN_TEXT = (11, 19, 59)  # ASM_EXPAND, DIFF32, PDIFF32: notes for a linker that moves code
_CONSTANTS = (".rodata", ".data.rel.ro")


def normalize(path: Path) -> None:
    """Rewrite, in place, what GNU's assembler would have written otherwise.

    Literals with the address of something within a section have its offset in the literal itself, not in the
    relocation; and ``l32r`` has no offset yet, because ``mpy_ld.py`` adds to what is there.
    """
    content = bytearray(path.read_bytes())
    with path.open("rb") as file:
        elf = ELFFile(file)
        symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
        for table, section in _tables(elf):
            for i, relocation in enumerate(table.iter_relocations()):
                at = section["sh_offset"] + relocation["r_offset"]
                of_a_section = symbols[relocation["r_info_sym"]]["st_info"]["type"] == "STT_SECTION"
                if section.name.startswith(".literal") and of_a_section:
                    (offset,) = struct.unpack_from("<I", content, at)
                    struct.pack_into("<I", content, at, offset + relocation["r_addend"])
                    entry = table["sh_offset"] + i * table["sh_entsize"]
                    struct.pack_into("<i", content, entry + 8, 0)
                elif _is_l32r(relocation, content, at):
                    struct.pack_into("<H", content, at + 1, 0)
    path.write_bytes(content)


def check(path: Path) -> None:
    """Refuse what ``mpy_ld.py`` accepts and links wrongly, or stops at without saying why.

    Raises:
        BuildError: naming the section and the place in it.
    """
    content = path.read_bytes()
    with path.open("rb") as file:
        elf = ELFFile(file)
        symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
        sections = list(elf.iter_sections())
        names = Counter(section.name for section in sections if section["sh_flags"] & 2 and section["sh_size"])
        for name, count in names.items():
            if count > 1:  # addresses in them are told apart by the name alone
                raise BuildError("two sections have one name", name)
        for table, section in _tables(elf):
            for relocation in table.iter_relocations():
                where = f"{section.name}+{relocation['r_offset']:#x}"
                symbol = symbols[relocation["r_info_sym"]]
                defined = isinstance(symbol["st_shndx"], int)
                home = sections[symbol["st_shndx"]] if defined else None
                if section.name.startswith(".literal"):
                    _check_literal(relocation, symbol, defined, where)
                elif section.name.startswith(".data.rel.ro"):
                    if relocation["r_info_type"] != _R_XTENSA_32 or relocation["r_offset"] % 4:
                        raise BuildError(f"a table with relocation {relocation['r_info_type']}", where)
                elif section.name.startswith(".text"):
                    _check_code(relocation, symbol, section, home, content, where)
                else:
                    raise BuildError("an address in constant data", where)


def _check_literal(relocation: Any, symbol: Any, defined: bool, where: str) -> None:
    if relocation["r_info_type"] not in (_R_XTENSA_32, _R_XTENSA_PLT) or relocation["r_offset"] % 4:
        raise BuildError(f"a literal with relocation {relocation['r_info_type']}", where)
    if defined and relocation["r_addend"]:
        raise BuildError(f"a literal with an offset from {symbol.name or 'a section'}", where)
    if symbol["st_info"]["bind"] == "STB_LOCAL" and symbol["st_info"]["type"] != "STT_SECTION":
        raise BuildError(f"a literal with the address of the local symbol {symbol.name}", where)


def _check_code(relocation: Any, symbol: Any, section: Any, home: Any, content: bytes, where: str) -> None:
    kind = relocation["r_info_type"]
    if kind in _IGNORED_IN_TEXT:
        return
    at = section["sh_offset"] + relocation["r_offset"]
    if kind != _R_XTENSA_SLOT0_OP or home is None:
        raise BuildError(f"code with relocation {kind} to {symbol.name}", where)
    if _is_l32r(relocation, content, at):
        if not home.name.startswith(".literal") or content[at + 1] or content[at + 2]:
            raise BuildError("l32r that does not point to a literal", where)
    elif home is not section or _target(relocation["r_offset"], content, at) not in (
        None,
        symbol["st_value"] + relocation["r_addend"],
    ):
        raise BuildError("a call or jump that mpy_ld.py leaves unresolved", where)


def _tables(elf: ELFFile) -> Iterator[tuple[Any, Any]]:
    """The relocations of each section that is loaded, with the section."""
    for table in elf.iter_sections():
        if table["sh_type"] == "SHT_RELA":
            section = elf.get_section(table["sh_info"])
            if section["sh_flags"] & 2:
                yield table, section


def _is_l32r(relocation: Any, content: bytes | bytearray, at: int) -> bool:
    return relocation["r_info_type"] == _R_XTENSA_SLOT0_OP and content[at] & 15 == 1


def _target(offset: int, content: bytes, at: int) -> int | None:
    """Where a call or jump in a section leads to; None for other instructions."""
    instruction = int.from_bytes(content[at : at + 3], "little")
    distance = (instruction >> 6) - ((instruction >> 23) << 18)
    if instruction & 15 == 5:  # call0, call4, call8, call12
        return (offset & ~3) + 4 * distance + 4
    if instruction & 0x3F == 6:  # j
        return offset + distance + 4
    return None
