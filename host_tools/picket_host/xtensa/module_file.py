"""Reads a native ``.mpy`` file for Xtensa as MicroPython's loader does, and refuses what would not load or run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import BuildError

ARCHITECTURE = 10  # xtensawin
_VERSION, _SUB_VERSION = 6, 3  # MicroPython 1.23 and newer
_HEADER_BYTES = 4  # of machine code: the jump to the entry, padded
_LITERALS_REACH = 0x40000  # all literals lie at the start of the code, and l32r reaches 256 KB back
FUNCTION_TABLE_ENTRIES = 87  # in mp_fun_table of MicroPython 1.25
_RELOCATED, _WITH_RODATA, _WITH_BSS = 0x10, 0x20, 0x40


@dataclass(frozen=True)
class Adjustment:
    """A word of the module that the loader adds an address to.

    Attributes:
        section: "text" or "rodata", where the word lies.
        offset: of the word, in bytes.
        target: "text", "rodata", "bss", "qstr_table", "obj_table", "fun_table", or the index of a function in the last.
    """

    section: str
    offset: int
    target: str | int


@dataclass(frozen=True)
class ModuleFile:
    """What a native ``.mpy`` file holds; sizes in bytes."""

    qstrs: tuple[str | int, ...]  # an int is one that every firmware has
    text: bytes
    rodata: bytes
    bss_bytes: int
    adjustments: tuple[Adjustment, ...]

    @property
    def entry(self) -> int:
        """Offset in ``text`` that the jump at its start leads to."""
        instruction = int.from_bytes(self.text[:3], "little")
        return 4 + (instruction >> 6) - ((instruction >> 23) << 18)


class _Reader:
    def __init__(self, content: bytes):
        self._content = content
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) != count:
            raise BuildError("the .mpy ends too early", f"byte {self._at}")
        self._at += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        value = 0
        while True:
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    @property
    def at_end(self) -> bool:
        return self._at == len(self._content)


def read(path: Path, architecture: int = ARCHITECTURE) -> ModuleFile:
    """Read a file that ``mpy_ld.py`` has made.

    Args:
        architecture: its number in the file; the format is one for all, but ``entry`` is that of Xtensa.

    Raises:
        BuildError: it is not a native module for that architecture, or is one that the loader refuses.
    """
    reader = _Reader(path.read_bytes())
    head = reader.take(4)
    if head[:2] != bytes([ord("M"), _VERSION]) or (head[2] & 3, head[2] >> 2) != (_SUB_VERSION, architecture):
        name = "xtensawin" if architecture == ARCHITECTURE else f"architecture {architecture}"
        raise BuildError(f"not an .mpy {_VERSION}.{_SUB_VERSION} for {name}", path.name)
    qstr_count, object_count = reader.number(), reader.number()
    qstrs = tuple(_qstr(reader) for _ in range(qstr_count))
    kind = reader.number()
    if object_count or kind & 7 != 2:  # native code in the calling convention of C, without children
        raise BuildError("not a single native module", path.name)
    text = reader.take(kind >> 3)
    flags = reader.number()
    if not flags & _RELOCATED or flags & ~(_RELOCATED | _WITH_RODATA | _WITH_BSS):
        raise BuildError(f"scope flags {flags:#x} are unknown", path.name)
    rodata_bytes = reader.number() if flags & _WITH_RODATA else 0
    bss_bytes = reader.number() if flags & _WITH_BSS else 0
    rodata = reader.take(rodata_bytes)
    module = ModuleFile(qstrs, text, rodata, bss_bytes, tuple(_adjustments(reader)))
    if not reader.at_end:
        raise BuildError("there is more behind the relocations", path.name)
    return module


def _qstr(reader: _Reader) -> str | int:
    length = reader.number()
    if length & 1:
        return length >> 1
    text = reader.take(length >> 1).decode()
    reader.byte()
    return text


def _adjustments(reader: _Reader) -> list[Adjustment]:
    """The relocations, one by one; as ``mp_native_relocate`` in py/persistentcode.c reads them."""
    found = []
    section, offset = "text", 0
    while (operation := reader.byte()) != 0xFF:
        if operation & 1:
            address = reader.number()
            section, offset = ("rodata" if address & 1 else "text"), (address >> 1) * 4
        operation >>= 1
        count = 1
        target: str | int
        if operation <= 5:
            if operation & 1:
                count = reader.number()
            target = ("text", "rodata", "bss")[operation >> 1]
        else:
            target = ("qstr_table", "obj_table", "fun_table")[operation - 6] if operation < 9 else operation - 9
        for _ in range(count):
            found.append(Adjustment(section, offset, target))
            offset += 4
    return found


def check(path: Path) -> ModuleFile:
    """Refuse a module that the loader would read but could not run.

    Raises:
        BuildError: with what is wrong.
    """
    module = read(path)
    if len(module.text) > _LITERALS_REACH:
        raise BuildError(f"{len(module.text)} bytes of code are more than a module can have", path.name)
    if not _HEADER_BYTES <= module.entry < len(module.text) or module.text[0] & 0x3F != 6:
        raise BuildError("the jump at the start does not reach the entry", path.name)
    sizes = {"text": len(module.text), "rodata": len(module.rodata), "bss": module.bss_bytes}
    for adjustment in module.adjustments:
        where = f"{adjustment.section}+{adjustment.offset:#x}"
        data = module.text if adjustment.section == "text" else module.rodata
        word = data[adjustment.offset : adjustment.offset + 4]
        if len(word) != 4 or (adjustment.section == "text" and adjustment.offset < _HEADER_BYTES):
            raise BuildError("a relocation outside of the module", where)
        if isinstance(adjustment.target, int):
            if adjustment.target >= FUNCTION_TABLE_ENTRIES:
                raise BuildError(f"function {adjustment.target} is not in the firmware's table", where)
        elif adjustment.target in sizes and int.from_bytes(word, "little") > sizes[adjustment.target]:
            raise BuildError(f"an address outside of the {adjustment.target}", where)
    return module
