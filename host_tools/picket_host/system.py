"""What Picket needs of the system: one table for the bootstrap, which installs it, and ``picket doctor``, which tells.

Standard library only: the bootstrap runs this before the Python environment exists.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """A system package and how to see that it is there."""

    package: str  # Debian and Ubuntu name
    purpose: str
    command: str | None = None  # found on PATH
    pkg_config: str | None = None  # or known to pkg-config
    header: str | None = None  # or a header that the compiler finds
    file: str | None = None  # or a file
    needed: bool = True  # False: Picket does without, and what wants it says so
    serves: tuple[str, ...] = ()  # commands for which it is installed all the same, where that can be done

    def present(self) -> bool:
        if self.command is not None:
            return shutil.which(self.command) is not None
        if self.pkg_config is not None:
            return _succeeds(["pkg-config", "--exists", self.pkg_config])
        if self.file is not None:
            return os.path.exists(self.file)
        return _succeeds(["cc", "-fsyntax-only", "-x", "c", "-"], f"#include <{self.header}>\n")


# Order matters: later checks use what earlier lines install.
REQUIREMENTS = (
    Requirement("gcc", "compiles the simulator and the native module", command="cc"),
    Requirement("libc6-dev", "C headers", header="stdio.h"),
    Requirement(
        "python3-dev", "some locked packages come as C sources", file=f"{sysconfig.get_path('include')}/Python.h"
    ),
    Requirement("make", "drives MicroPython's build", command="make"),
    Requirement("pkg-config", "MicroPython's build finds libraries with it", command="pkg-config"),
    Requirement("libffi-dev", "the simulator links it", pkg_config="libffi"),
    Requirement("libmbedtls-dev", "TLS in the simulator", header="mbedtls/ssl.h"),
    Requirement("dpkg-dev", "unpacks MicroPython's source package", command="dpkg-source"),
    Requirement("xz-utils", "unpacks MicroPython's source package", command="xz"),
    Requirement("patch", "applies the source package's patches", command="patch"),
    Requirement(
        "gcc-riscv64-unknown-elf", "native module and emulated board for ESP32-C3/C6", command="riscv64-unknown-elf-gcc"
    ),
    Requirement(
        "picolibc-riscv64-unknown-elf",
        "C headers for ESP32-C3/C6",
        file="/usr/lib/picolibc/riscv64-unknown-elf/include/stdio.h",
    ),
    Requirement("qemu-system-misc", "runs the emulated RISC-V board", command="qemu-system-riscv32"),
    Requirement(
        "qemu-user", "runs code for the ESP32 in tests", command="qemu-xtensa", needed=False, serves=("test",)
    ),
    Requirement("clang", "fuzzes the inference engine", command="clang", needed=False, serves=("test",)),
    Requirement(
        "libclang-rt-dev",
        "sanitizers for clang",
        file="/usr/share/doc/libclang-rt-dev/copyright",
        needed=False,
        serves=("test",),
    ),
    Requirement(
        "espeak-ng",
        "speaks the words that the wake word is trained on",
        command="espeak-ng",
        needed=False,
        serves=("model", "test"),
    ),
    Requirement(
        "gcc-arm-none-eabi",
        "native module for Cortex-M4, which bundles bring",
        command="arm-none-eabi-gcc",
        needed=False,
        serves=("bundle",),
    ),
    Requirement(
        "libnewlib-arm-none-eabi",
        "C headers for Cortex-M4",
        file="/usr/lib/arm-none-eabi/include/stdio.h",
        needed=False,
        serves=("bundle",),
    ),
    Requirement("docker.io", "builds ESP32 firmware in Espressif's container", command="docker", needed=False),
)


def missing() -> list[Requirement]:
    """What Picket can't do without and this machine lacks."""
    return [r for r in REQUIREMENTS if r.needed and not r.present()]


def missing_for(command: str) -> list[Requirement]:
    """What this machine lacks and the command has more of: tests that are skipped without it, a recipe's voices."""
    return [r for r in REQUIREMENTS if command in r.serves and not r.present()]


def install_command(requirements: list[Requirement]) -> str:
    """The one command that installs them on Debian and Ubuntu."""
    return "apt-get install -y --no-install-recommends " + " ".join(r.package for r in requirements)


def can_install() -> bool:
    """Whether the bootstrap may install packages by itself: Debian's package manager, and root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(requirements: list[Requirement]) -> None:
    """Install system packages as root.

    Raises:
        subprocess.CalledProcessError: with the package manager's own output.
    """
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    quiet = {
        "check": True,
        "env": env,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "stdin": subprocess.DEVNULL,
    }
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    subprocess.run(install_command(requirements).split(), **quiet)


def _succeeds(command: list[str], stdin: str = "") -> bool:
    try:
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0
