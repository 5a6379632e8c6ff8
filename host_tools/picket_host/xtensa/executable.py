"""Links objects for Xtensa into a static program for Linux: as much of a linker as ``qemu-xtensa`` needs.

The GNU linkers that distributions carry for Xtensa are made for other processors and can't resolve code with windowed
calls; LLVM has no linker for Xtensa.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError

R_XTENSA_32 = 1
R_XTENSA_SLOT0_OP = 20
_BASE = 0x400000
_PAGE = 0x1000
_HEADERS_BYTES = 52 + 2 * 32
# In memory in this order: l32r reads only what lies before it. What is written to comes last, on pages of its own.
_CONSTANT = (".literal", ".text", ".rodata", ".data.rel.ro")
_WRITTEN = (".data", ".bss")


@dataclass
class _Section:
    name: str
    data: bytearray
    alignment: int
    relocations: list[Any]
    symbols: list[Any]  # the symbol table of its file
    sections: dict[int, _Section]  # the sections of its file
    address: int = 0


def link(objects: Sequence[Path], target: Path, entry: str = "_start") -> Path:
    """Make a program of the objects.

    Raises:
        BuildError: a symbol is missing or defined twice, or an object holds what this linker does not know.
    """
    sections = [section for path in objects for section in _load(path)]
    written_from = _place(sections)
    known = _symbols(sections)
    for section in sections:
        for relocation in section.relocations:
            _relocate(section, relocation, known)
    if entry not in known:
        raise BuildError(f"undefined symbol: {entry}", target.name)
    target.write_bytes(_file(sections, written_from, known[entry]))
    target.chmod(0o755)
    return target


def _load(path: Path) -> list[_Section]:
    with path.open("rb") as file:
        elf = ELFFile(file)
        symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
        found: dict[int, _Section] = {}
        for index, section in enumerate(elf.iter_sections()):
            if section["sh_flags"] & 2 and section["sh_size"]:  # SHF_ALLOC
                if not section.name.startswith((*_CONSTANT, *_WRITTEN)):
                    raise BuildError("a section of an unknown kind", f"{path.name}: {section.name}")
                data = bytearray(section.data())
                found[index] = _Section(section.name, data, section["sh_addralign"], [], symbols, found)
            elif section["sh_type"] == "SHT_RELA" and section["sh_info"] in found:
                found[section["sh_info"]].relocations = list(section.iter_relocations())
        return list(found.values())


def _place(sections: list[_Section]) -> int:
    """Give every section its address; return where what is written to begins."""
    sections.sort(key=lambda section: _rank(section.name))
    at, written_from = _BASE + _HEADERS_BYTES, 0
    for section in sections:
        if section.name.startswith(_WRITTEN) and not written_from:
            at = written_from = -(-at // _PAGE) * _PAGE
        section.address = at = -(-at // section.alignment) * section.alignment
        at += len(section.data)
    return written_from or at


def _rank(name: str) -> int:
    kinds = (*_CONSTANT, *_WRITTEN)
    return max(i for i, kind in enumerate(kinds) if name.startswith(kind))  # ".data.rel.ro" also begins like ".data"


def _symbols(sections: list[_Section]) -> dict[str, int]:
    known: dict[str, int] = {}
    for table, of_file in {id(s.symbols): (s.symbols, s.sections) for s in sections}.values():
        for symbol in table:
            if symbol["st_info"]["bind"] != "STB_LOCAL" and symbol["st_shndx"] in of_file:
                if symbol.name in known:
                    raise BuildError(f"defined twice: {symbol.name}", "linking")
                known[symbol.name] = of_file[symbol["st_shndx"]].address + symbol["st_value"]
    return known


def _relocate(section: _Section, relocation: Any, known: dict[str, int]) -> None:
    symbol = section.symbols[relocation["r_info_sym"]]
    if symbol["st_shndx"] in section.sections:
        target = section.sections[symbol["st_shndx"]].address + symbol["st_value"]
    elif symbol.name in known:
        target = known[symbol.name]
    else:
        raise BuildError(f"undefined symbol: {symbol.name}", section.name)
    target += relocation["r_addend"]
    offset = relocation["r_offset"]
    if relocation["r_info_type"] == R_XTENSA_32:
        struct.pack_into("<I", section.data, offset, target & 0xFFFFFFFF)
        return
    operation = section.data[offset] & 15
    if relocation["r_info_type"] != R_XTENSA_SLOT0_OP or operation != 1:  # 1: l32r
        raise BuildError(f"relocation {relocation['r_info_type']} is unknown", f"{section.name}+{offset:#x}")
    words = (target - ((section.address + offset + 3) & ~3)) // 4
    if target % 4 or not -0x10000 <= words < 0:
        raise BuildError("a literal is out of reach", f"{section.name}+{offset:#x}")
    struct.pack_into("<H", section.data, offset + 1, words & 0xFFFF)


def _file(sections: list[_Section], written_from: int, entry: int) -> bytes:
    end = max(section.address + len(section.data) for section in sections)
    stored = [section for section in sections if not section.name.startswith(".bss")]
    stored_end = max(section.address + len(section.data) for section in stored)
    image = bytearray(stored_end - _BASE)
    for section in stored:
        start = section.address - _BASE
        image[start : start + len(section.data)] = section.data
    constant_bytes = min(written_from, stored_end) - _BASE
    written_bytes = max(stored_end - written_from, 0)
    ident = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)  # 32 bits, little-endian
    image[:52] = ident + struct.pack("<2H5I6H", 2, 94, 1, entry, 52, 0, 0, 52, 32, 2, 40, 0, 0)
    constant, written = 5, 7  # read and execute; and write: modules are loaded into the heap
    loads = (
        (1, 0, _BASE, _BASE, constant_bytes, constant_bytes, constant, _PAGE),
        (1, written_from - _BASE, written_from, written_from, written_bytes, end - written_from, written, _PAGE),
    )
    for i, load in enumerate(loads):
        struct.pack_into("<8I", image, 52 + 32 * i, *load)
    return bytes(image)
