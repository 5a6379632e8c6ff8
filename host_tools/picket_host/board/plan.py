"""What a sync will do to a board, and the room that takes: from what is on the flash and what shall be there.

New files are staged beside the old ones; a list of renamings (``/.picket/switch``) then makes them the board's. Until
that list has its name, the old version is whole; from then on, whoever comes first carries it to its end: the sync
itself, ``boot.py`` at the next start, or the next sync. See docs/contracts.md, "Cable".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from picket_host.board.agent import Content, Inventory, Record
from picket_host.errors import BoardError

STAGE = "/.picket/stage"
SWITCH = "/.picket/switch"
OLD_SLOT = "/.picket/old"
BOOT = "/boot.py"
NATIVE_MODULE = "picket_native.mpy"  # below native/<architecture>/
_MANIFEST = "/.picket/manifest"
_MANIFEST_HEAD = "picket-manifest 1"
_POINTER = "/slots/active.json"
_DOWNLOADS = "/slots/stage-"
_INLINE_BYTES = 128  # littlefs keeps such files with their names
_FOLDER_BLOCKS = 2
_NAMES_IN_A_FOLDER = 32  # that surely fit into its two blocks
_RESERVE_BYTES = 16384  # stays free for alerts, boot counter and pointer


def smaller_native_module(arch: str) -> str:
    """What to do about a native module that finds no memory on a board, for people."""
    build = f"picket build mpy --arch {arch} --models MODEL.tflite --output {NATIVE_MODULE}"
    release = f"picket release make ... --native {arch}={NATIVE_MODULE}"
    return f"bring one with the model's operators alone: {build}, then {release}"


@dataclass(frozen=True)
class Check:
    """What the board checks itself before the switch.

    Attributes:
        documents: (path of a signed list, path of its signature).
        files: (path, number of the document that lists it, name in that list).
        natives: folders where the native module may lie, should the board have none yet.
        model: folder of the model package.
    """

    documents: list[tuple[str, str]]
    files: list[tuple[str, int, str]]
    natives: list[str]
    model: str


@dataclass(frozen=True)
class Plan:
    """What is to be done, in the order of the fields from ``stale`` on.

    Attributes:
        sent, copied, deleted, kept: paths as they will be on the board (relative to a release's slot): files that
            travel, that the board copies itself, that go, and that stay although the last sync brought them, because
            somebody has changed them since.
        unchanged: how many are right already. staged: how many are because an earlier sync got so far.
        needed_bytes, free_bytes: of the flash, in whole blocks.
        stale: removed before anything is written. folders: made. records: written. moves: (from, to) renamings, the
            commit; ("", path) removes. garbage: removed after that.
        check: what the board checks before the commit; None for a folder.
    """

    sent: list[str]
    copied: list[str]
    deleted: list[str]
    kept: list[str]
    unchanged: int
    staged: int
    needed_bytes: int
    free_bytes: int
    stale: list[str]
    folders: list[str]
    records: list[Record]
    moves: list[tuple[str, str]]
    garbage: list[str]
    check: Check | None

    @property
    def send_bytes(self) -> int:
        """Bytes of content that travel, before compression."""
        return sum(record.sent for record in self.records)


class Staging:
    """Collects what has to be written and renamed, using what lies on the board already.

    Args:
        board: what is there.
        stages: folders besides ``STAGE`` whose files are there only to be switched to.
    """

    def __init__(self, board: Inventory, *stages: str):
        self.moves: list[tuple[str, str]] = []
        self._board = board
        self._stages = tuple(f"{folder}/" for folder in (STAGE, *stages))
        self._records: list[Record] = []
        self._sent: list[str] = []
        self._copied: list[str] = []
        self._staged = 0
        self._places: set[str] = set()
        self._blocks = 0
        # Where content lies that stays until it has been copied.
        lasting = ((path, found) for path, found in board.files.items() if not path.startswith((STAGE, _DOWNLOADS)))
        self._sources = {found: path for path, found in lasting}

    def add(self, place: str, data: bytes, name: str | None = None) -> None:
        """Have ``data`` at ``place``; ``name`` is what people see, None for what is Picket's own."""
        self._places.add(place)
        content = Content.of(data)
        found = self._board.files.get(place)
        if found == content:
            self._staged += name is not None
            return
        self._blocks += self._blocks_of(len(data)) - (self._blocks_of(found.size) if found else 0)
        source = self._sources.get(content)
        if source and len(data) > _INLINE_BYTES:
            self._records.append(Record(place, data, source=source))
            self._copied += [name] if name else []
            return
        begun = found is not None and 0 < found.size < len(data) and found == Content.of(data[: found.size])
        self._records.append(Record(place, data, offset=found.size if found and begun else 0))
        self._sent += [name] if name else []

    def replace(self, path: str, data: bytes, name: str | None = None) -> None:
        """Have ``data`` at ``path`` once the switch is made."""
        # A name of its own for each file and content: what an earlier sync staged is recognised, or is stale.
        digest = hashlib.sha256(path.encode() + bytes(1) + hashlib.sha256(data).digest()).hexdigest()
        place = f"{STAGE}/{digest[:16]}"
        self.add(place, data, name)
        self.moves.append((place, path))

    def replace_pointer(self, raw: bytes) -> None:
        self.replace(_POINTER, raw)

    def replace_manifest(self, files: Mapping[str, Content]) -> None:
        """Have the manifest say that these are the files that Picket brought."""
        lines = [f"{content.size} {content.sha256} {path}" for path, content in sorted(files.items())]
        self.replace(_MANIFEST, "\n".join([_MANIFEST_HEAD, *lines, ""]).encode())

    def plan(
        self,
        *,
        folders: Iterable[str],
        unchanged: int,
        garbage: Sequence[str],
        deleted: Sequence[str] = (),
        kept: Sequence[str] = (),
        check: Check | None = None,
    ) -> Plan:
        """The plan of all that was collected; one that does nothing when there is nothing to switch to.

        Raises:
            BoardError: the flash lacks room.
        """
        stale = [path for path in self._board.files if path.startswith(self._stages) and path not in self._places]
        folders = sorted(folders) if self.moves else []
        if self.moves:
            lines = "".join(f"{source}\t{target}\n" for source, target in self.moves)
            self.add(f"{SWITCH}.new", lines.encode())
        needed = self._needed_bytes(folders)
        freed = sum(self._blocks_of(self._board.files[path].size) for path in stale)
        free = (self._board.blocks_free + freed) * self._board.block_bytes
        if needed > free:
            room = f"{needed // 1024} KB are needed, {free // 1024} KB are free"
            hint = "remove files that nobody needs, or bring less"
            raise BoardError(f"the flash is too full: {room}; nothing was written", self._board.machine, hint)
        return Plan(
            sent=self._sent,
            copied=self._copied,
            deleted=sorted(deleted),
            kept=sorted(kept),
            unchanged=unchanged,
            staged=self._staged,
            needed_bytes=needed,
            free_bytes=free,
            stale=[*stale, OLD_SLOT] if self.moves else [],
            folders=folders,
            records=self._records,
            moves=self.moves,
            garbage=[*garbage, OLD_SLOT, STAGE] if self.moves else [],
            check=check if self.moves else None,
        )

    def _needed_bytes(self, folders: Iterable[str]) -> int:
        """Flash that it takes to write all that, and to make the folders."""
        if not self._records:
            return 0
        there = {parent for path in self._board.files for parent in parents(path)}
        new = {parent for folder in folders for parent in parents(f"{folder}/")} - there
        blocks = self._blocks + _FOLDER_BLOCKS * (len(new) + len(self._records) // _NAMES_IN_A_FOLDER)
        return max(0, blocks) * self._board.block_bytes + _RESERVE_BYTES

    def _blocks_of(self, size: int) -> int:
        # Blocks after the first begin with pointers to those before: two words on average, four are counted.
        return 0 if size <= _INLINE_BYTES else -(-size // (self._board.block_bytes - 16))


def read_manifest(raw: bytes) -> dict[str, Content]:
    """What the last sync brought, by path; empty when there is no manifest that this version reads."""
    lines = raw.decode(errors="replace").splitlines()
    files: dict[str, Content] = {}
    if lines[:1] == [_MANIFEST_HEAD]:
        for line in lines[1:]:
            size, sha256, path = line.split(" ", 2)
            files[path] = Content(int(size), sha256)
    return files


def parents(path: str) -> list[str]:
    """The folders that a file is in, the outermost first, without the root."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]
