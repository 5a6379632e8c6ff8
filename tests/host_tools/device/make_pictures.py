"""Makes the pictures of docs/technician.md from real runs on the emulated board; arguments: names of pictures, or none
for all. Run it with the Python of the environment: ``.venv/bin/python tests/host_tools/device/make_pictures.py``."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from picket_flash import write_flash
from rich.console import Console
from rich.terminal_theme import MONOKAI

from picket_host import cli, console
from picket_host.board.capture import capture
from picket_host.board.session import connect
from picket_host.commands.device.capture import _show
from picket_host.commands.device.plot import LivePlot
from picket_host.emulator.emulator import Emulator
from picket_host.errors import PicketError
from picket_host.paths import ROOT

_FOLDER = ROOT / "docs" / "technician"
_WIDTH = 100
_PORT = "ttyUSB0"  # what the emulated board's port is called in the pictures
_HEAP_BYTES = 220_000  # as in conftest.py
_BOOT_S = 6.0


_DEAF = """
import micropython, time
micropython.kbd_intr(-1)
while True:
    print("[%d] INFO pump: 17 bar" % time.ticks_ms())
    time.sleep(0.2)
"""


def main() -> None:
    """Make the pictures that are named, or all."""
    names = sys.argv[1:] or list(_PICTURES)
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        write_flash(Path("flash"))
        for name in names:
            with Emulator(flash=Path("flash"), link=Path(_PORT), heap_bytes=_HEAP_BYTES):
                time.sleep(_BOOT_S)
                recorder = Console(record=True, width=_WIDTH, force_terminal=True, file=io.StringIO())
                console.out = recorder
                _PICTURES[name](recorder)
            svg = recorder.export_svg(title="", theme=MONOKAI)
            # rich's fonts come from a server; any fixed-width font does.
            svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
            (_FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
            print(name)


def _picket(recorder: Console, *arguments: str) -> None:
    """Run ``picket device`` as a person would, who gives the port only where there are several."""
    shown = [word for word in arguments if word not in ("-p", _PORT)]
    recorder.print(f"[bold]$ picket device {' '.join(shown)}[/bold]", highlight=False)
    try:
        cli.picket.main(["device", *arguments], standalone_mode=False)
    except PicketError as error:
        recorder.print(f"error: {error}", style="red", highlight=False, markup=False)
    except SystemExit:
        pass


def _list(recorder: Console) -> None:
    _picket(recorder, "list", "-p", _PORT)


def _info(recorder: Console) -> None:
    _picket(recorder, "info", "-p", _PORT)


def _provision(recorder: Console) -> None:
    Path("press-2.toml").write_text(
        '[device]\nid = "press-2"\ngroup = "plant-a"\n\n[wifi]\nssid = "plant"\npassword = "correct horse battery"\n\n'
        f'[mqtt]\nhost = "192.168.1.10"\n\n[update]\npublic_key = "{"5c" * 32}"\n'
    )
    recorder.print("[bold]$ cat press-2.toml[/bold]", highlight=False)
    recorder.print(Path("press-2.toml").read_text(), highlight=False, markup=False)
    _picket(recorder, "provision", "--file", "press-2.toml", "-p", _PORT)


def _green(recorder: Console) -> None:
    _picket(recorder, "selftest", "-p", _PORT)


def _red(recorder: Console) -> None:
    with connect(_PORT) as session:
        session.write_file("/recordings/vibration.i16", bytes(6000))  # a sensor that gives nothing but zeros
        network = b'{"wifi":{"ssid":"plant"},"mqtt":{"host":"192.168.1.10"},'
        config = session.read_file("/config.json").replace(b"{", network, 1)
        session.write_file("/config.json", config)
    _picket(recorder, "selftest", "-p", _PORT)


def _logs(recorder: Console) -> None:
    with connect(_PORT) as session:  # it starts anew behind this
        session.write_file("/config.json", session.read_file("/config.json"))
        session.interrupted = True
    _picket(recorder, "logs", "--seconds", "8", "-p", _PORT)


def _trouble(recorder: Console) -> None:
    _picket(recorder, "info", "--port", "/dev/ttyUSB7")
    busy = os.fork()
    if busy == 0:
        os.open(_PORT, os.O_RDWR | os.O_NOCTTY)
        time.sleep(60)
        os._exit(0)
    time.sleep(0.5)
    _picket(recorder, "info", "-p", _PORT)
    os.kill(busy, 9)
    os.waitpid(busy, 0)
    with connect(_PORT, restart=True) as session:
        session.write_file("/main.py", _DEAF.encode())
    time.sleep(2)
    _picket(recorder, "info", "--timeout", "3", "-p", _PORT)


def _capture(recorder: Console) -> None:
    recorder.print("[bold]$ picket device capture healthy --seconds 2 -o recordings[/bold]", highlight=False)
    plot = LivePlot("healthy", 2.0)
    with connect(_PORT) as session:
        result = capture(session, "healthy", 2.0, Path("recordings"), on_samples=plot.take)
    recorder.print(plot)
    _show(result)


_PICTURES: dict[str, Callable[[Console], None]] = {
    "list": _list,
    "info": _info,
    "provision": _provision,
    "selftest-green": _green,
    "selftest-red": _red,
    "logs": _logs,
    "trouble": _trouble,
    "capture": _capture,
}

if __name__ == "__main__":
    main()
