"""What a sync will do to a board: pure functions from what is there and what shall be there to a plan.

New files are staged beside the old ones; a list of renamings (``/.picket/switch``) then makes them the board's. Until
that list has its name, the old version is whole; from then on, whoever comes first carries it to its end: the sync
itself, ``boot.py`` at the next start, or the next sync. See docs/contracts.md, "Cable".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from picket_host import natmod
from picket_host.board import bundle
from picket_host.board.agent import Content, Inventory, Record
from picket_host.board.pointer import Pointer
from picket_host.errors import BoardError, ReleaseError
from picket_host.release import manifest as release_manifest
from picket_host.release.rules import rules

STAGE = "/.picket/stage"
SWITCH = "/.picket/switch"
_MANIFEST = "/.picket/manifest"
_MANIFEST_HEAD = "picket-manifest 1"
_POINTER = "/slots/active.json"
_DOWNLOADS = "/slots/stage-"
_OLD_SLOT = "/.picket/old"
_BOOT = "/boot.py"
_INLINE_BYTES = 128  # littlefs keeps such files with their names
_FOLDER_BLOCKS = 2
_NAMES_IN_A_FOLDER = 32  # that surely fit into its two blocks
_RESERVE_BYTES = 16384  # stays free for alerts, boot counter and pointer


@dataclass(frozen=True)
class Check:
    """What the board checks itself before the switch: arguments of ``on_board/check.py``."""

    documents: list[tuple[str, str]]
    files: list[tuple[str, int, str]]
    natives: list[str]
    model: str | None


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

    sent: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0
    staged: int = 0
    needed_bytes: int = 0
    free_bytes: int = 0
    stale: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    garbage: list[str] = field(default_factory=list)
    check: Check | None = None

    @property
    def send_bytes(self) -> int:
        """Bytes of content that travel, before compression."""
        return sum(record.sent for record in self.records)


class _Staging:
    """Collects what has to be written, using what lies on the board already."""

    def __init__(self, board: Inventory):
        self.board = board
        self.records: list[Record] = []
        self.sent: list[str] = []
        self.copied: list[str] = []
        self.staged = 0
        self.used: set[str] = set()
        self._blocks = 0
        # Where content lies that will not go away before it is copied.
        self._places = {found: path for path, found in board.files.items() if not path.startswith((STAGE, _DOWNLOADS))}

    def add(self, place: str, data: bytes, name: str | None = None) -> None:
        """Have ``data`` at ``place``; ``name`` is what people see, None for what is Picket's own."""
        self.used.add(place)
        content = Content.of(data)
        found = self.board.files.get(place)
        if found == content:
            self.staged += name is not None
            return
        self._blocks += self._blocks_of(len(data)) - (self._blocks_of(found.size) if found else 0)
        source = self._places.get(content)
        if source and len(data) > _INLINE_BYTES and source != place:
            self.records.append(Record(place, data, source=source))
            self.copied += [name] if name else []
            return
        begun = found and 0 < found.size < len(data) and found == Content.of(data[: found.size])
        self.records.append(Record(place, data, offset=found.size if begun and found else 0))
        self.sent += [name] if name else []

    def needed_bytes(self, folders: Iterable[str]) -> int:
        """Flash that it takes to write all that, and to make the folders."""
        there = {parent for path in self.board.files for parent in _parents(path)}
        new = {parent for folder in folders for parent in _parents(f"{folder}/")} - there
        blocks = self._blocks + _FOLDER_BLOCKS * (len(new) + len(self.records) // _NAMES_IN_A_FOLDER)
        return max(0, blocks) * self.board.block_bytes

    def _blocks_of(self, size: int) -> int:
        # Blocks after the first begin with pointers to those before: two words on average, four are counted.
        return 0 if size <= _INLINE_BYTES else -(-size // (self.board.block_bytes - 16))

    def freed_bytes(self, paths: Iterable[str]) -> int:
        """Flash that removing these files gives back."""
        return sum(self._blocks_of(self.board.files[path].size) for path in paths) * self.board.block_bytes


def for_folder(board: Inventory, wanted: Mapping[str, bytes]) -> Plan:
    """The plan that makes a board run from the files of a folder (content by absolute path).

    Raises:
        BoardError: a folder on the board is in a file's way, or the flash lacks room.
    """
    staging = _Staging(board)
    before = read_manifest(board.manifest)
    _check_ways(board, wanted)
    changed = [path for path, data in wanted.items() if board.files.get(path) != Content.of(data)]
    moves = []
    for path in sorted(changed, key=lambda path: (path != _BOOT, path)):
        place = _staged_place(path, wanted[path])
        staging.add(place, wanted[path], path)
        moves.append((place, path))
    if not _completes_switches(wanted.get(_BOOT)):
        moves.sort(key=lambda move: move[1] == _BOOT)  # the old boot.py may; the new one can't
    gone = [path for path, content in before.items() if path not in wanted and board.files.get(path) == content]
    gone += [twin for twin in map(_twin, wanted) if twin in board.files and twin not in wanted and twin not in gone]
    kept = [path for path in before if path not in wanted and path in board.files and path not in gone]
    moves += [("", path) for path in sorted(gone)]
    pointer = Pointer.decode(board.pointer)
    if pointer is not None:
        has_model = any(path.startswith("/model/") for path in (*wanted, *(set(board.files) - set(gone))))
        factory = Pointer(model=0 if has_model else pointer.model, highest=pointer.highest)
        if (pointer.app, pointer.model, pointer.state) != (factory.app, factory.model, factory.state):
            staging.add(_staged_place(_POINTER, factory.encode()), factory.encode())
            moves.append((_staged_place(_POINTER, factory.encode()), _POINTER))
    manifest = _write_manifest({path: Content.of(data) for path, data in wanted.items()})
    if moves or manifest != board.manifest:
        staging.add(_staged_place(_MANIFEST, manifest), manifest)
        moves.append((_staged_place(_MANIFEST, manifest), _MANIFEST))
    return _finished(
        Plan(
            deleted=sorted(gone),
            kept=sorted(kept),
            unchanged=len(wanted) - len(changed),
            folders=sorted({path.rpartition("/")[0] for path in changed} - {""}),
            moves=moves,
            garbage=_emptied(board, wanted, gone),
        ),
        staging,
    )


def for_release(board: Inventory, release: bundle.Release, older: bool = False) -> Plan:
    """The plan that brings a release into a slot of its own and makes that the active one.

    The caller has checked the release (``Release.check``).

    Args:
        older: take a release that is not newer than all that the board has accepted.

    Raises:
        ReleaseError: it does not fit the board, in the words of the device's own rules.
        BoardError: the flash lacks room, or there is nothing to run a model under.
    """
    parsed = release.manifest
    now = Pointer.decode(board.pointer) or Pointer()
    _check_fit(board, release, now, older)
    full = parsed.kind == "full"
    slot, stage = f"/slots/{parsed.sequence}", f"/slots/stage-{parsed.sequence}"
    contents, listed = _slot_files(board, release, full)
    staging = _Staging(board)
    moves: list[tuple[str, str]] = []
    whole = all(board.files.get(f"{slot}/{name}") == Content.of(data) for name, data in contents.items())
    home = slot if whole else stage
    check = Check([(f"{home}/{release.signed.name}", f"{home}/{release.signed.signature_name}")], [], [], None)
    if release.bundle:
        check.documents.append(tuple(f"{STAGE}/{name}" for name in (release.bundle.name, release.bundle.signature_name)))
    check.files.extend((f"{home}/{name}", number, name) for name, number in listed.items())
    boot = release.extras.get(bundle.BOOT) if full else None
    if boot is not None and board.files.get(_BOOT) != Content.of(boot):
        staging.add(f"{STAGE}/{bundle.BOOT}", boot, _BOOT)
        moves.append((f"{STAGE}/{bundle.BOOT}", _BOOT))
        if release.bundle:
            check.files.append((f"{STAGE}/{bundle.BOOT}", 1, bundle.BOOT))
    if not whole:
        for name, data in contents.items():
            staging.add(f"{stage}/{name}", data, name)
        if str(parsed.sequence) in board.slots:
            moves.append((slot, _OLD_SLOT))
        moves.append((stage, slot))
    pointer = _pointer(now, parsed.sequence, full)
    if pointer != now:
        staging.add(_staged_place(_POINTER, pointer.encode()), pointer.encode())
        moves.append((_staged_place(_POINTER, pointer.encode()), _POINTER))
    if moves and moves[0][1] == _BOOT and boot is not None:
        files = {**read_manifest(board.manifest), _BOOT: Content.of(boot)}
        staging.add(_staged_place(_MANIFEST, _write_manifest(files)), _write_manifest(files))
        moves.append((_staged_place(_MANIFEST, _write_manifest(files)), _MANIFEST))
    if moves and release.bundle:
        staging.add(f"{STAGE}/{release.bundle.name}", release.bundle.raw)
        staging.add(f"{STAGE}/{release.bundle.signature_name}", release.bundle.signature)
    garbage = [_OLD_SLOT] + [f"/slots/{name}" for name in board.slots if name.isdigit() and name not in pointer.slots]
    return _finished(
        Plan(
            unchanged=len(contents) if whole else 0,
            folders=sorted({"/slots", *(place.rpartition("/")[0] for place in staging.used if place.startswith(stage))}),
            moves=moves,
            garbage=garbage if moves else [],
            check=replace(check, natives=[f"{home}/native/{board.arch}"], model=f"{home}/model") if moves else None,
        ),
        staging,
        stage,
    )


def read_manifest(raw: bytes) -> dict[str, Content]:
    """What the last sync brought, by path; empty when there is no manifest that this version reads."""
    lines = raw.decode(errors="replace").splitlines()
    files: dict[str, Content] = {}
    if lines[:1] == [_MANIFEST_HEAD]:
        for line in lines[1:]:
            size, sha256, path = line.split(" ", 2)
            files[path] = Content(int(size), sha256)
    return files


def _write_manifest(files: Mapping[str, Content]) -> bytes:
    lines = [f"{content.size} {content.sha256} {path}" for path, content in sorted(files.items())]
    return "\n".join([_MANIFEST_HEAD, *lines, ""]).encode()


def _finished(plan: Plan, staging: _Staging, *stages: str) -> Plan:
    """The plan with what was collected, the list of the switch, what is stale, and the room that it takes."""
    board = staging.board
    if plan.moves:
        lines = "".join(f"{source}\t{target}\n" for source, target in plan.moves)
        staging.add(f"{SWITCH}.new", lines.encode())
    inside = tuple(f"{folder}/" for folder in (STAGE, *stages))
    stale = [path for path in board.files if path.startswith(inside) and path not in staging.used]
    needed = staging.needed_bytes(plan.folders) + (_RESERVE_BYTES if staging.records else 0)
    free = board.blocks_free * board.block_bytes + staging.freed_bytes(stale)
    if needed > free:
        raise BoardError(
            f"the flash is too full: {needed // 1024} KB are needed, {free // 1024} KB are free; nothing was written",
            board.machine,
            "remove what is not needed (picket device run), or a smaller release",
        )
    return replace(
        plan,
        sent=staging.sent,
        copied=staging.copied,
        staged=staging.staged,
        needed_bytes=needed,
        free_bytes=free,
        stale=[*stale, _OLD_SLOT] if plan.moves else [],
        records=staging.records,
        garbage=[*plan.garbage, STAGE] if plan.moves else [],
    )


def _staged_place(path: str, data: bytes) -> str:
    """A name of its own for each file and content: what an earlier sync staged is recognised, or is stale."""
    return f"{STAGE}/{hashlib.sha256(path.encode() + bytes(1) + hashlib.sha256(data).digest()).hexdigest()[:16]}"


def _completes_switches(boot: bytes | None) -> bool:
    return boot is not None and SWITCH.encode() in boot


def _twin(path: str) -> str:
    """The other file that MicroPython could import instead."""
    if path.endswith(".mpy"):
        return path.removesuffix(".mpy") + ".py"
    return path.removesuffix(".py") + ".mpy" if path.endswith(".py") else ""


def _check_ways(board: Inventory, wanted: Mapping[str, bytes]) -> None:
    for found in board.files:
        parent = found.rpartition("/")[0]
        while parent:
            if parent in wanted:
                raise BoardError(f"on the board, {parent} is a folder", f"board: {found}", "remove it there")
            parent = parent.rpartition("/")[0]
    for path in wanted:
        parent = path.rpartition("/")[0]
        while parent:
            if parent in board.files:
                raise BoardError(f"on the board, {parent} is a file", f"folder: {path}", "remove it there")
            parent = parent.rpartition("/")[0]


def _emptied(board: Inventory, wanted: Mapping[str, bytes], gone: Iterable[str]) -> list[str]:
    """The folders that hold nothing any more once those files are gone, the deepest first."""
    left = (set(board.files) | set(wanted)) - set(gone)
    occupied = {parent for path in left for parent in _parents(path)}
    return sorted({parent for path in gone for parent in _parents(path)} - occupied, reverse=True)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]


def _check_fit(board: Inventory, release: bundle.Release, now: Pointer, older: bool) -> None:
    parsed = rules.parse(release.signed.raw)
    has_application = now.app > 0 or "/main.py" in board.files
    try:
        rules.check_fit(parsed, board.platform, board.micropython, board.mpy)
        if parsed.sequence not in (now.app, now.model):
            if not older:
                rules.check_newer(parsed.sequence, now.highest)
            if has_application:
                rules.check_order(parsed, now.app, 0)
    except rules.Refused as reason:
        hint = "picket sync --older" if "not newer" in str(reason) else "a release for this board"
        raise ReleaseError(str(reason), release.where, hint) from None
    if parsed.kind == "model" and not has_application:
        hint = "bring a release of kind full first"
        raise BoardError("the release is a model alone, and the board has no application", release.where, hint)


def _slot_files(
    board: Inventory, release: bundle.Release, full: bool
) -> tuple[dict[str, bytes], dict[str, int]]:
    """Content by path in the slot, and which signed list names each file (0: the release's, 1: the bundle's)."""
    contents: dict[str, bytes] = {}
    listed: dict[str, int] = {}
    for number, files in enumerate((release.files, release.extras if full and release.bundle else {})):
        for name, data in files.items():
            foreign = name.startswith("native/") and (
                board.native_built_in or not name.startswith(f"native/{board.arch}/")
            )
            if not foreign and name != bundle.BOOT and name not in contents:
                contents[name] = data
                listed[name] = number
    if full and not board.native_built_in and f"native/{board.arch}/{natmod.FILE_NAME}" not in contents:
        archs = sorted({name.split("/")[1] for name in (*release.files, *release.extras) if name.startswith("native/")})
        what = f"it has no native module for {board.arch or 'this board'} (it has: {', '.join(archs) or 'none'})"
        raise ReleaseError(what, release.where, "picket bundle puts in what is missing")
    contents[release_manifest.MANIFEST] = release.signed.raw
    contents[release_manifest.SIGNATURE] = release.signed.signature
    return contents, listed


def _pointer(now: Pointer, sequence: int, full: bool) -> Pointer:
    """The pointer to a release that somebody at the cable has brought: confirmed, there is no gateway to ask."""
    app = sequence if full else now.app
    if (now.app, now.model, now.state) == (app, sequence, "confirmed"):
        return now
    previous = {"app": now.app, "model": now.model} if (now.app, now.model) != (app, sequence) else now.previous
    return Pointer(app=app, model=sequence, highest=max(now.highest, sequence), previous=previous)
