"""The emulated board: QEMU with MicroPython for RISC-V, reached through a pty as a board is through its serial port."""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial import SerialException

from picket_host.emulator import HEAP_BYTES
from picket_host.emulator.board.frozen import memory_map
from picket_host.emulator.build import build
from picket_host.emulator.romfs import image
from picket_host.errors import EnvironmentError_, InputError, PicketError
from picket_host.progress import SILENT, Progress

_ANSWER_S = 60.0  # within which a board that runs comes to its prompt, however busy the host is
_QEMU = "qemu-system-riscv32"
_ERASED = b"\xff"
_BLOCK_BYTES = 4096
_LITTLEFS = b"littlefs"  # the mark of a file system, in one of its first two blocks at least
_LITTLEFS_AT = 8
_SCRIPT = "emulated_script"
# Needs nothing of the firmware but what stock firmware has, too.
_START_SCRIPT = f"""
import sys, uctypes, vfs
vfs.mount(vfs.VfsRom(uctypes.bytearray_at({memory_map.ROM}, {memory_map.ROM_BYTES})), "/rom")
sys.path.insert(0, "/rom")
import {_SCRIPT}
"""
_COPY_TO_FLASH = """
import os

def copy(source, target):
    for name, kind, *_ in os.ilistdir(source):
        if kind == 0x4000:
            try:
                os.mkdir(target + name)
            except OSError:
                pass
            copy(source + name + "/", target + name + "/")
        else:
            with open(source + name, "rb") as data, open(target + name, "wb") as file:
                file.write(data.read())

copy("/rom/flash/", "/")
"""


class ScriptError(PicketError):
    """A script ended with an exception on the emulated board.

    Attributes:
        output: what it had printed until then.
        traceback: as MicroPython shows it.
    """

    def __init__(self, output: str, traceback: str):
        super().__init__(traceback.strip() or "the board stopped", "emulated board")
        self.output = output
        self.traceback = traceback


class Emulator:
    """One emulated board. Use it as a context manager, or call `start` and `stop`.

    ``machine.reset()`` resets the board and keeps its flash; so does `cut_power` followed by `start`.

    Args:
        flash: what is on the flash. A folder: a new flash with a copy of it. Another path: a file that holds the flash
            (a littlefs image of 4 MiB, blocks of 4096 bytes) from run to run, made if it is not there; a file that is
            anything else is refused, since it would be overwritten. None: a new, empty flash.
        icount: time on the board is counted in instructions, one nanosecond each: ``minstret`` is exact, runs repeat,
            and waits take no time.
        link: a symbolic link to the pty, so that its name is known beforehand.
        heap_bytes: of MicroPython's heap.
        firmware: started instead of the emulated board's own; it has its own idea of the heap.

    Attributes:
        pty: path of the serial port while the board runs.
    """

    def __init__(
        self,
        *,
        flash: Path | None = None,
        icount: bool = False,
        link: Path | None = None,
        heap_bytes: int = HEAP_BYTES,
        firmware: Path | None = None,
    ):
        if not 0 < heap_bytes <= memory_map.HEAP_BYTES:
            raise InputError(f"a heap of {heap_bytes} bytes", "emulated board", f"at most {memory_map.HEAP_BYTES}")
        self.pty: Path | None = None
        self._flash = None if flash is None else Path(flash)
        self._icount = icount
        self._link = None if link is None else Path(link)
        self._heap_bytes = heap_bytes
        self._firmware = firmware
        # The board's memory: a file without a name, so that nothing is left behind however this process ends.
        self._memory_file = -1
        self._memory: mmap.mmap | None = None
        self._linked: Path | None = None
        self._qemu: subprocess.Popen[str] | None = None
        self._port: SerialTransport | None = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the board is on. It goes off by itself when the firmware crashes."""
        return self._qemu is not None and self._qemu.poll() is None

    @property
    def pid(self) -> int | None:
        """QEMU's process id while the board runs."""
        return self._qemu.pid if self._qemu is not None and self.running else None

    def start(self, progress: Progress = SILENT) -> None:
        """Switch the power on.

        Raises:
            EnvironmentError_: QEMU or the compiler is missing. BuildError: the firmware can't be built.
            InputError: the flash is neither a folder nor an image that can be kept, or the link can't be made.
        """
        if self.running:
            raise PicketError("the board runs already", self.pty)
        if not shutil.which(_QEMU):
            raise EnvironmentError_(f"{_QEMU} is missing", hint="apt-get install qemu-system-misc")
        if self._firmware is None:
            self._firmware = build(progress)
        progress.step("starting the emulated board")
        try:
            if self._memory is None:
                self._make_memory()
                self._switch_on()
                if self._flash is not None and self._flash.is_dir():
                    self._fill_flash(self._flash)
            else:
                self._switch_on()
            if self._link is not None:
                self._make_link(self._link)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Switch the power off, and keep the flash if it was given as a file.

        Raises:
            InputError: that file can't be written.
        """
        self.cut_power()
        if self._linked:
            self._linked.unlink(missing_ok=True)
            self._linked = None
        if self._memory is None:
            return
        try:
            if self._flash is not None and not self._flash.is_dir():
                _replace(self._flash, self.read_memory(memory_map.FLASH, memory_map.FLASH_BYTES))
        except OSError as error:
            raise InputError(f"can't keep the flash: {error.strerror}", self._flash) from error
        finally:
            self._memory.close()
            self._memory = None
            os.close(self._memory_file)

    def cut_power(self) -> None:
        """Switch the power off in the middle of whatever the board does; the flash keeps what was written."""
        self._close_port()
        if self._qemu is not None:
            self._qemu.kill()
            self._qemu.wait()
            assert self._qemu.stdout is not None
            self._qemu.stdout.close()
            self._qemu = None
        self.pty = None

    def run(self, script: str | Path, files: Mapping[str, bytes | Path] | None = None, timeout_s: float = 120) -> str:
        """Run a script after a soft reset and return what it printed.

        Script and files get there as a ROMFS image in the board's memory, not through the slow serial port. The working
        folder is the flash. The port stays open for the next script, since QEMU takes a second to notice that it is;
        `release_port` lets other programs use it.

        Args:
            script: MicroPython source, or the path of a file with it.
            files: content, or the path of a file with it, by the path at which the script finds it below ``/rom``;
                modules can be imported.
            timeout_s: the longest time without any output.

        Raises:
            ScriptError: the script ended with an exception. PicketError: the board does not answer or has crashed.
            InputError: the files don't fit.
        """
        source = script.read_bytes() if isinstance(script, Path) else script.encode()
        content = {path: data.read_bytes() if isinstance(data, Path) else data for path, data in (files or {}).items()}
        rom = image({**content, f"{_SCRIPT}.py": source})
        if len(rom) > memory_map.ROM_BYTES:
            raise InputError(f"the files take {len(rom)} bytes, the board has room for {memory_map.ROM_BYTES}")
        try:
            port = self._raw_repl()
            self.write_memory(memory_map.ROM, rom)  # the soft reset is over: nothing is open there
            output, traceback = port.exec_raw(_START_SCRIPT, timeout=timeout_s)
        except (TransportError, SerialException, OSError) as error:
            self._close_port()
            if not self.running:
                raise PicketError("the firmware crashed", "emulated board") from error
            raise PicketError(str(error), f"emulated board at {self.pty}", "end other users of the port") from error
        except BaseException:
            self._close_port()
            raise
        text = output.decode(errors="replace").replace("\r\n", "\n")
        if traceback:
            raise ScriptError(text, traceback.decode(errors="replace").replace("\r\n", "\n"))
        return text

    def release_port(self) -> None:
        """Leave the serial port, with the REPL at its prompt, to other programs."""
        if self._port is not None:
            with contextlib.suppress(SerialException, OSError):
                self._port.exit_raw_repl()
        self._close_port()

    def read_memory(self, address: int, length: int) -> bytes:
        """Bytes of the board's memory between `start` and `stop`; the power may be cut."""
        memory, start = self._powered_memory(), address - memory_map.RAM
        return memory[start : start + length]

    def write_memory(self, address: int, data: bytes) -> None:
        """Change the board's memory between `start` and `stop`; the power may be cut."""
        memory, start = self._powered_memory(), address - memory_map.RAM
        memory[start : start + len(data)] = data

    def _powered_memory(self) -> mmap.mmap:
        if self._memory is None:
            raise PicketError("the board is off", "emulated board", "call start() first")
        return self._memory

    def _make_memory(self) -> None:
        flash = b"" if self._flash is None or self._flash.is_dir() else _kept_flash(self._flash)
        self._memory_file = os.memfd_create("picket-emulator")
        os.ftruncate(self._memory_file, memory_map.RAM_BYTES)  # takes room only where it is written to
        self._memory = mmap.mmap(self._memory_file, memory_map.RAM_BYTES)
        self.write_memory(memory_map.FLASH, flash.ljust(memory_map.FLASH_BYTES, _ERASED))
        self.write_memory(memory_map.PARAMETERS, struct.pack("<3I", 0, memory_map.HEAP, self._heap_bytes))

    def _switch_on(self) -> None:
        path = f"/proc/self/fd/{self._memory_file}"
        memory = f"memory-backend-file,id=ram,size={memory_map.RAM_BYTES},mem-path={path},share=on"
        command = [
            *("setpriv", "--pdeathsig", "KILL", "--"),  # it ends with whoever started it, however that ends
            *(_QEMU, "-machine", "virt,memory-backend=ram", "-object", memory, "-bios", "none"),
            *("-display", "none", "-monitor", "none", "-serial", "pty", "-kernel", str(self._firmware)),
            *(("-icount", "shift=0,sleep=off") if self._icount else ()),
        ]
        self._qemu = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=(self._memory_file,),
            start_new_session=True,  # Ctrl-C is for the host program
        )
        assert self._qemu.stdout is not None
        said = ""
        for line in self._qemu.stdout:
            found = re.search(r"redirected to (/dev/\S+)", line)
            if found:
                self.pty = Path(found[1])
                return
            said += line
        raise EnvironmentError_(f"QEMU does not start: {said.strip()}", _QEMU)

    def _fill_flash(self, folder: Path) -> None:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_copied(path.relative_to(folder))]
        files = {f"flash/{path.relative_to(folder).as_posix()}": path for path in paths}
        if files:
            self.run(_COPY_TO_FLASH, files)
        self.cut_power()
        self._switch_on()  # what was brought starts as on any board

    def _make_link(self, link: Path) -> None:
        assert self.pty is not None
        try:
            if link.is_symlink():
                link.unlink()
            os.symlink(self.pty, link)
            self._linked = link
        except OSError as error:
            raise InputError(f"can't make the link to the serial port: {error.strerror}", link) from error

    def _raw_repl(self) -> SerialTransport:
        """The serial port, at the raw REPL after a soft reset."""
        if not self.running:
            raise PicketError("the board is off", "emulated board", "call start() first")
        with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it did not expect
            if self._port is None:
                self._port = SerialTransport(str(self.pty))
            self._port.enter_raw_repl(timeout_overall=_ANSWER_S)
        return self._port

    def _close_port(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None


def _is_copied(path: Path) -> bool:
    return not any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _kept_flash(file: Path) -> bytes:
    """What the file holds of a flash; empty for a new one.

    Raises:
        InputError: it is something else, which must not be overwritten, or the flash could not be kept there.
    """
    content: bytes | None = b""
    if not file.parent.is_dir():
        raise InputError("no such folder", file.parent)
    if file.exists() and not file.is_file():
        raise InputError("is neither a folder nor a file", file)
    try:
        if file.exists():
            content = file.read_bytes() if file.stat().st_size <= memory_map.FLASH_BYTES else None
            with file.open("ab"):
                pass
        with _beside(file):
            pass
    except OSError as error:
        raise InputError(f"the flash can't be kept there: {error.strerror}", file, "a folder of yours") from error
    if content is None or (content and not _is_flash(content)):
        wanted = f"a littlefs image of {memory_map.FLASH_BYTES} bytes"
        what = f"is no flash of an emulated board ({wanted}): it stays as it is"
        raise InputError(what, file, "a name that is not taken yet")
    return content


def _is_flash(content: bytes) -> bool:
    """Whether it is the whole flash of a board: with a file system, or erased, as it comes from the factory."""
    starts = (_LITTLEFS_AT, _BLOCK_BYTES + _LITTLEFS_AT)
    marked = any(content.startswith(_LITTLEFS, start) for start in starts)
    return len(content) == memory_map.FLASH_BYTES and (marked or not content.strip(_ERASED))


def _beside(file: Path) -> tempfile.TemporaryDirectory[str]:
    """A new folder beside the file."""
    return tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=f".{file.name}.")


def _replace(file: Path, content: bytes) -> None:
    """Write the file so that it holds the old content or the new one at any moment."""
    with _beside(file) as folder:
        fresh = Path(folder) / file.name
        fresh.write_bytes(content)
        fresh.replace(file.resolve())
