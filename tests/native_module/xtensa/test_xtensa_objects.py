"""Objects for mpy_ld.py: written as it reads them, and refused where it would link them wrongly."""

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError
from picket_host.xtensa import relocatable
from picket_host.xtensa.llvm import Llvm

GOOD = """
    .text
    .global mpy_init
mpy_init:
    entry a1, 32
    l32r a2, .Ltable
    l32r a3, .Lnumber
    nop.n
    l32r a4, .Lcode
    retw
    .section .literal, "ax", @progbits
    .align 4
.Ltable:
    .long .Lconstants + 8
.Lnumber:
    .long 12345678
.Lcode:
    .long mpy_init
    .section .rodata, "a", @progbits
    .align 4
.Lconstants:
    .long 1, 2, 3
"""


@pytest.fixture
def make(llvm: Llvm, tmp_path: Path):
    def assemble(source: str) -> Path:
        (tmp_path / "object.s").write_text(source)
        return llvm.assemble(tmp_path / "object.s", tmp_path / "object.o")

    return assemble


def test_a_good_object_passes_once_it_is_normalized(make) -> None:
    path = make(GOOD)
    with pytest.raises(BuildError):
        relocatable.check(path)
    relocatable.normalize(path)
    relocatable.check(path)


def test_offsets_are_in_literals_and_not_in_instructions(make) -> None:
    path = make(GOOD)
    relocatable.normalize(path)
    with path.open("rb") as file:
        elf = ELFFile(file)
        code, literals = (elf.get_section_by_name(name).data() for name in (".text", ".literal"))
        places = [relocation["r_offset"] for relocation in elf.get_section_by_name(".rela.text").iter_relocations()]
        addends = [relocation["r_addend"] for relocation in elf.get_section_by_name(".rela.literal").iter_relocations()]
    assert literals[:4] == (8).to_bytes(4, "little")
    assert literals[4:8] == (12345678).to_bytes(4, "little")
    assert addends[0] == 0
    assert [code[at + 1 : at + 3] for at in places] == [b"\0\0"] * 3


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (GOOD.replace("nop.n", "call8 elsewhere"), "code with relocation 20 to elsewhere"),
        (GOOD.replace(".long 1, 2, 3", ".long 1, mpy_init, 3"), "an address in constant data"),
        (GOOD + '.section .rodata, "a", @progbits, unique, 1\n.long 4\n', "two sections have one name"),
        (GOOD + '.section .text.other, "ax", @progbits\nother: call8 mpy_init\n', "relocation 20|unresolved"),
        (
            GOOD.replace(".long mpy_init", ".long known + 4") + ".global known\n.bss\nknown: .space 8\n",
            "an offset from",
        ),
    ],
)
def test_what_would_be_linked_wrongly_is_refused(make, source: str, complaint: str) -> None:
    path = make(source)
    relocatable.normalize(path)
    with pytest.raises(BuildError, match=complaint):
        relocatable.check(path)
