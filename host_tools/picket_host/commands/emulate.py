"""``picket emulate``: an emulated RISC-V board behind a serial port."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import click

from picket_host import console
from picket_host.emulator import HEAP_BYTES
from picket_host.errors import PicketError

_PATH = click.Path(path_type=Path)


@click.command()
@click.option(
    "--flash",
    type=_PATH,
    metavar="FOLDER|IMAGE",
    help="A folder to copy to a new flash, or a file that keeps the flash (made if it is not there).",
)
@click.option("--link", type=_PATH, help="Make this symbolic link to the serial port.")
@click.option("--icount", is_flag=True, help="Count time in instructions: exact, repeatable, and waits take no time.")
@click.option(
    "--heap", "heap_bytes", type=click.IntRange(min=1), default=HEAP_BYTES, show_default=True, metavar="BYTES",
    help="Of MicroPython's heap. The full native module takes 100 KB of it, in one piece.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line when the board is up, and nothing else.")
def command(flash: Path | None, link: Path | None, icount: bool, heap_bytes: int, as_json: bool) -> None:
    """Run MicroPython on an emulated RISC-V board until Ctrl-C or SIGTERM.

    It is real MicroPython, compiled for the instruction set of the ESP32-C3 and C6, with littlefs on its flash, asyncio
    and native modules. mpremote opens its port like that of any board. machine.reset() resets it; the flash stays.
    Releases call it qemu: picket release make ... --hardware qemu, then picket bundle or picket sync. It has neither a
    network nor buses: recordings stand for sensors (the driver replay), and no broker is reached.

    \b
    Examples:
      picket emulate                                then: mpremote connect /dev/pts/3
      picket emulate --flash device                 what the cable brings is on the flash
      picket emulate --flash board.img --link port  then: mpremote connect port
    """
    from picket_host.emulator.emulator import Emulator

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    emulator = Emulator(flash=flash, link=link, icount=icount, heap_bytes=heap_bytes)
    try:
        with console.progress() as progress:
            emulator.start(progress)
        if as_json:
            ready = {"event": "ready", "pty": str(emulator.pty), "link": link and str(link), "pid": emulator.pid}
            click.echo(json.dumps(ready))
        else:
            console.out.print(f"serial port: {link or emulator.pty}   (Ctrl-C ends it)", soft_wrap=True)
        while emulator.running:
            time.sleep(0.2)
        raise PicketError("the firmware crashed", "emulated board", "start it again; the flash is as it was")
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        emulator.stop()
