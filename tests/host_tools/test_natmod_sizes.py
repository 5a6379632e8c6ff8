"""The sizes of modules that the documentation names, against modules that tests build anyway."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from picket_host import natmod
from picket_host.errors import EnvironmentError_
from picket_host.native.selection import EVERYTHING, Selection, select
from picket_host.paths import NATIVE, ROOT
from picket_host.xtensa import toolchain

_ENGINE = NATIVE / "engine" / "README.md"
_XTENSA = ROOT / "docs" / "xtensa.md"
_MAIN = ROOT / "README.md"
_SMALL = select(
    ops="CONV_2D,DEPTHWISE_CONV_2D,FULLY_CONNECTED,RESHAPE,SOFTMAX", engine_only=True, short_errors=True, compact=True
)
_TOLERANCE = 0.01


def _build(arch: str, selection: Selection) -> natmod.NativeModule:
    """The module, made by the compiler that the documentation's figures are from."""
    try:
        if arch == "xtensawin":
            found = toolchain.compiler().description
        else:
            compiler = natmod.ARCHITECTURES[arch].compiler
            if not shutil.which(compiler):
                pytest.skip(f"the compiler {compiler} is not installed")
            version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout
            found = f"GCC {version.strip()}"
        wanted = "LLVM 23.1.4" if arch == "xtensawin" else "GCC 12.2"
        if not found.startswith(wanted):
            pytest.skip(f"the figures are those of {wanted}, here is {found}")
        return natmod.build(arch, selection=selection)
    except EnvironmentError_ as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("arch", "selection", "document", "figure"),
    [
        ("rv32imc", _SMALL, _ENGINE, r"`FIVE --short-errors --optimise size` \| ([\d,]+) \|"),
        ("rv32imc", _SMALL, _MAIN, r"--engine-only --short-errors --optimise size` \| ([\d,]+) B"),
        ("rv32imc", EVERYTHING, _ENGINE, r"signature check \| ([\d,]+) \|"),
        ("armv7emsp", EVERYTHING, _ENGINE, r"everything takes ([\d,]+) bytes"),
        ("xtensawin", EVERYTHING, _XTENSA, r"\| everything \| ([\d,]+) \|"),
    ],
)
def test_the_documented_size_of_a_module_is_that_of_the_file(arch: str, selection: Selection, document: Path, figure):
    (documented,) = re.findall(figure, document.read_text(encoding="utf-8"))
    actual = _build(arch, selection).file_bytes
    assert int(documented.replace(",", "")) == pytest.approx(actual, rel=_TOLERANCE)


def test_the_documented_memory_of_the_esp32s_module_is_what_its_import_takes():
    ((documented,),) = [re.findall(r"\| everything \| [\d,]+ \| ([\d,]+) \|", _XTENSA.read_text(encoding="utf-8"))]
    module = _build("xtensawin", EVERYTHING)
    actual = module.code_bytes + module.zeroed_bytes
    assert int(documented.replace(",", "")) == pytest.approx(actual, rel=_TOLERANCE)
