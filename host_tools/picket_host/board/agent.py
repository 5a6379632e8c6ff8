"""The host's side of the agent that receives files on a board: frames with numbers and sums over a line that may lose
and garble bytes; see docs/contracts.md, "Cable"."""

from __future__ import annotations

import binascii
import contextlib
import hashlib
import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from picket_host.board import program
from picket_host.board.transport import Transport
from picket_host.errors import BoardError
from picket_host.release.make import ARCHS

_MAGIC = b"\xa5\x5a"
_HEADER = struct.Struct("<2sBBHI")
_HEAD = struct.Struct("<BBH")  # what the CRC-32 counts of the header
_RECORD = struct.Struct("<BHII32s")
_AS_SAID = (
    *("machine", "heap_free", "block_bytes", "blocks", "blocks_free", "payload_bytes", "deflate", "native_built_in"),
    *("device", "public_key", "pending"),
)
_TRIES = 4
_ANSWER_S = 10.0  # for a block: to write it and, at the end of a large file, to read that back
_PING_S = 5.0  # the agent gives up after 30
_GAP_S = 3.0  # the longest silence within a frame
_INVENTORY_S = 60.0  # of silence: a large file is hashed
_WINDOW_BITS = 13
_LAST_WORDS_BYTES = 1000  # of noise that may be a traceback
_ESCAPE = b"\x03" * 9000  # Ctrl-C: these fill any frame that was begun, then make the agent leave
_PADDING = b"\x00" * 8300  # completes any frame of which bytes were lost


class Repl(Protocol):
    """What is needed of a ``RawRepl``."""

    transport: Transport

    def start(self, source: str | bytes) -> None: ...

    def follow(self, timeout_s: float | None = None) -> bytes: ...

    def read(self, n: int, timeout_s: float) -> bytes: ...


@dataclass(frozen=True)
class Content:
    """Size in bytes and SHA-256 (hexadecimal) of a file."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Content:
        return cls(len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class Inventory:
    """What a board is, and what is on its flash.

    Attributes:
        platform: MicroPython's ``sys.platform``; "sim" for a host.
        version: of MicroPython, as (1, 25, 0).
        mpy: version of the .mpy files that it loads, as "6.3"; "0.0" when it loads none.
        arch: of its machine code, as mpy-cross names it; None when it loads none.
        heap_free: bytes while the agent runs. block_bytes, blocks, blocks_free: of the flash.
        deflate: whether it can decompress. native_built_in: whether its firmware has ``picket_native``.
        device, public_key: from its configuration; None and "" without one.
        pointer: bytes of the slots' pointer. manifest: bytes of what the last sync left. slots: folders below /slots.
        pending: whether a switch to new files was cut off.
        files: by path, as far as they were asked for.
    """

    platform: str
    version: tuple[int, ...]
    mpy: str
    arch: str | None
    machine: str
    heap_free: int
    block_bytes: int
    blocks: int
    blocks_free: int
    payload_bytes: int
    deflate: bool
    native_built_in: bool
    device: str | None
    public_key: str
    pointer: bytes
    manifest: bytes
    pending: bool
    slots: tuple[str, ...]
    files: dict[str, Content]

    @property
    def micropython(self) -> str:
        """The version as releases name it, like "1.25"."""
        return ".".join(map(str, self.version[:2]))


@dataclass(frozen=True)
class Record:
    """A file on its way to the flash.

    Args:
        path: where it comes to lie, absolute.
        data: its bytes.
        offset: bytes that lie there already.
        source: a file on the flash with the same content, copied instead of sent.
    """

    path: str
    data: bytes
    offset: int = 0
    source: str | None = None

    @property
    def sent(self) -> int:
        """Bytes of content that travel."""
        return 0 if self.source else len(self.data) - self.offset

    def to_bytes(self) -> bytes:
        path = (f"{self.path}\t{self.source}" if self.source else self.path).encode()
        digest = hashlib.sha256(self.data).digest()
        head = _RECORD.pack(bool(self.source), len(path), self.offset, len(self.data), digest)
        return head + path + (b"" if self.source else self.data[self.offset :])


class Agent:
    """A conversation with the agent on a board. Start it with ``start``; end it with ``quit`` or ``abandon``.

    Attributes:
        inventory: what the board said at the start.
        wire_bytes: sent until now, frames included.
    """

    def __init__(self, repl: Repl):
        self._repl = repl
        self._where = repl.transport.name
        self._number = 0
        self._files = 0
        self.wire_bytes = 0
        self.inventory: Inventory

    def start(
        self, tops: Sequence[str], slots: Sequence[str] | None, root: str = "", guarded: bool = False
    ) -> Inventory:
        """Start the agent and take stock, in one round trip.

        Args:
            tops: names in the root folder whose files are looked at; those that the last sync brought are so anyway.
            slots: folders below /slots to look at besides the active ones; None: not at any.
            root: of the flash; "" on a board.
            guarded: have the board's watchdog start it anew, should the cable be pulled; it can't be stopped any more.

        Raises:
            BoardError: the board can't run it, or the line fails.
        """
        self._repl.start(program.call("agent", "serve", root, list(tops), slots and list(slots), guarded))
        for _ in range(_TRIES):
            inventory = self._take_stock()
            if inventory is not None:
                self.inventory = inventory
                return inventory
            self._number = (self._number + 1) & 0xFF
            self._send("I", self._number, b"")
        raise self._garbled()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Keep the agent waiting while the block does something else; left alone, it would give the host up."""
        over = threading.Event()

        def wait() -> None:
            with contextlib.suppress(BoardError):  # whoever goes on with the agent finds it out
                while not over.wait(_PING_S):
                    self._ask("P", b"")

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files and folders with all that is in them; they may be absent."""
        self._paths("R", paths)

    def make_folders(self, paths: Iterable[str]) -> None:
        """Make folders, and those that they are in, where they are missing."""
        self._paths("M", paths)

    def write(self, records: Sequence[Record], on_progress: Callable[[int], None] = lambda done: None) -> None:
        """Write files; when it returns, each has been read back from the flash and has the right hash.

        Args:
            records: the files, in the order in which they are written.
            on_progress: called with the bytes of content sent so far.
        """
        limit = self.inventory.payload_bytes
        done = 0
        for block in _blocks((record.to_bytes() for record in records), limit):
            packed = _deflated(block) if self.inventory.deflate else block
            answer = self._ask("Z", packed) if len(packed) < len(block) else self._ask("T", block)
            done += len(block)
            on_progress(done)
        self._files += len(records)
        if records and int(answer) != self._files:
            raise BoardError(f"{int(answer)} of {self._files} files arrived", self._where, "run it once more")

    def quit(self) -> None:
        """End the agent; the board is at the raw REPL again."""
        self._ask("Q", b"")
        self._repl.follow(_ANSWER_S)

    def abandon(self) -> None:
        """Make the agent leave, whatever was said last and however much of it; the raw REPL has to be entered anew."""
        self._repl.transport.write(_ESCAPE)

    def _paths(self, kind: str, paths: Iterable[str]) -> None:
        for block in _blocks((f"\n{path}".encode() for path in paths), self.inventory.payload_bytes, whole=True):
            self._ask(kind, block[1:])

    def _ask(self, kind: str, payload: bytes) -> bytes:
        """Send a frame until its answer comes; the agent obeys a frame once, however often it arrives."""
        self._number = (self._number + 1) & 0xFF
        for attempt in range(_TRIES):
            if attempt:
                self._repl.transport.write(_PADDING)
            self._send(kind, self._number, payload)
            while True:
                frame = self._receive(_ANSWER_S)
                if frame is None or frame[0] == "n":
                    break
                answer, number, said = frame
                if number != self._number:
                    continue  # of an earlier attempt
                if answer == "k":
                    return said
                if answer == "x":
                    raise self._refused(said.decode(errors="replace"))
        raise self._garbled()

    def _send(self, kind: str, number: int, payload: bytes) -> None:
        head = _HEAD.pack(ord(kind), number, len(payload))
        crc = binascii.crc32(payload, binascii.crc32(head))
        frame = _MAGIC + head + struct.pack("<I", crc) + payload
        self.wire_bytes += len(frame)
        self._repl.transport.write(frame)

    def _receive(self, timeout_s: float) -> tuple[str, int, bytes] | None:
        """The next whole frame; None when none came within the time, counted from the last byte."""
        data = bytearray()
        while True:
            at = data.find(_MAGIC)
            if at > 0:
                del data[:at]
            if at >= 0 and len(data) >= _HEADER.size:
                _, kind, number, length, crc = _HEADER.unpack_from(data)
                end = _HEADER.size + length
                if len(data) >= end:
                    payload = bytes(data[_HEADER.size : end])
                    if binascii.crc32(payload, binascii.crc32(data[2:6])) == crc:
                        return chr(kind), number, payload
                    del data[:1]
                    continue
                wanted = end - len(data)
            else:
                wanted = _HEADER.size - (len(data) if at >= 0 else 0)
                if at < 0 and data.endswith(b"\x04>"):
                    raise self._ended(bytes(data))
                if at < 0:
                    del data[:-_LAST_WORDS_BYTES]
            more = self._repl.read(wanted, timeout_s if at < 0 else _GAP_S)
            if more:
                data += more
            elif at < 0:
                return None
            else:
                del data[:1]  # it only looked like the beginning of a frame

    def _take_stock(self) -> Inventory | None:
        """The inventory that the agent sends; None when a part of it did not arrive whole."""
        info = None
        text: list[bytes] = []
        while True:
            frame = self._receive(_INVENTORY_S)
            if frame is None:
                return None
            kind, _, payload = frame
            if kind == "i":
                info = json.loads(payload)
                text = []
            elif kind == "f":
                text.append(payload)
            elif kind == "e":
                return _inventory(info, text) if info is not None and len(text) == int(payload) else None

    def _refused(self, said: str) -> BoardError:
        if "28" in said and "OSError" in said or "ENOSPC" in said:
            return BoardError("no space is left on the flash", self._where, "remove what is not needed, then once more")
        if "MemoryError" in said:
            return BoardError("the board's memory does not suffice", self._where, "reset it, then once more")
        return BoardError(f"the board failed to store a file: {said}", self._where, "run it once more")

    def _ended(self, said: bytes) -> BoardError:
        lines = said.decode(errors="replace").replace("\x04", "").strip(" >\r\n").splitlines() or [""]
        return BoardError(f"the agent ended on the board: {lines[-1]}", self._where, "reset the board, then once more")

    def _garbled(self) -> BoardError:
        hint = "another cable, a shorter one, or a lower --baud"
        return BoardError("the line garbles or loses what is sent", self._where, hint)


def _inventory(info: dict, text: list[bytes]) -> Inventory:
    files = {}
    for line in b"".join(text).decode().splitlines():
        size, sha256, path = line.split(" ", 2)
        files[path] = Content(int(size), sha256)
    mpy = info.pop("mpy")
    number = mpy >> 10 & 15
    return Inventory(
        files=files,
        platform="sim" if info["platform"] == "linux" else info["platform"],
        version=tuple(info["version"]),
        mpy=f"{mpy & 0xFF}.{mpy >> 8 & 3}",
        arch=ARCHS[number - 1] if 0 < number <= len(ARCHS) else None,
        pointer=info["pointer"].encode(),
        manifest=info["manifest"].encode(),
        slots=tuple(info["slots"]),
        **{name: info[name] for name in _AS_SAID},
    )


def _blocks(parts: Iterable[bytes], limit: int, whole: bool = False) -> Iterator[bytes]:
    """The parts, joined and cut into blocks of at most ``limit`` bytes; with ``whole``, between parts only."""
    block = bytearray()
    for part in parts:
        if whole and block and len(block) + len(part) > limit:
            yield bytes(block)
            block.clear()
        block += part
        while len(block) > limit:
            yield bytes(block[:limit])
            del block[:limit]
    if block:
        yield bytes(block)


def _deflated(block: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW_BITS)
    return packer.compress(block) + packer.flush()
