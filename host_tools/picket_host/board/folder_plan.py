"""The plan that makes a board run from the files of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from picket_host.board.agent import Content, Inventory
from picket_host.board.plan import BOOT, SWITCH, Plan, Staging, parents, read_manifest
from picket_host.board.pointer import Pointer
from picket_host.errors import BoardError


def make(board: Inventory, wanted: Mapping[str, bytes]) -> Plan:
    """The plan for files given as content by absolute path; the board's pointer then says that they run.

    Raises:
        BoardError: on the board, a folder is where a file belongs or the other way round, or the flash lacks room.
    """
    _check_ways(board, wanted)
    staging = Staging(board)
    before = read_manifest(board.manifest)
    contents = {path: Content.of(data) for path, data in wanted.items()}
    changed = [path for path, content in contents.items() if board.files.get(path) != content]
    for path in sorted(changed, key=lambda path: _order(path, wanted)):
        staging.replace(path, wanted[path], path)
    gone = {path for path, content in before.items() if path not in wanted and board.files.get(path) == content}
    gone |= {twin for twin in map(_twin, wanted) if twin in board.files and twin not in wanted}
    staging.moves += [("", path) for path in sorted(gone)]
    _turn_pointer(board, staging, set(wanted) | (set(board.files) - gone))
    if staging.moves or before != contents:
        staging.replace_manifest(contents)
    return staging.plan(
        folders={folder for path in changed for folder in parents(path)},
        unchanged=len(wanted) - len(changed),
        deleted=sorted(gone),
        kept=[path for path in before if path not in wanted and path in board.files and path not in gone],
        garbage=_emptied(board, wanted, gone),
    )


def _order(path: str, wanted: Mapping[str, bytes]) -> tuple[int, str]:
    """boot.py first, so that it completes a switch that is cut off; last, where it is none that can do that."""
    if path != BOOT:
        return 1, path
    return (0 if SWITCH.encode() in wanted[BOOT] else 2), path


def _twin(path: str) -> str:
    """The other file that MicroPython could import instead."""
    if path.endswith(".mpy"):
        return path.removesuffix(".mpy") + ".py"
    return path.removesuffix(".py") + ".mpy" if path.endswith(".py") else ""


def _turn_pointer(board: Inventory, staging: Staging, files: Iterable[str]) -> None:
    """Have the board start these files, should it start a release's now."""
    now = Pointer.decode(board.pointer)
    if now is None:
        return
    has_model = any(path.startswith("/model/") for path in files)
    wanted = Pointer(model=0 if has_model else now.model, highest=now.highest)
    if (now.app, now.model, now.state) != (wanted.app, wanted.model, wanted.state):
        staging.replace_pointer(wanted.encode())


def _check_ways(board: Inventory, wanted: Mapping[str, bytes]) -> None:
    for path in board.files:
        for folder in parents(path):
            if folder in wanted:
                raise BoardError("a folder is there, a file shall be", f"board: {folder}", "remove the folder there")
    for path in wanted:
        for folder in parents(path):
            if folder in board.files:
                raise BoardError("a file is there, a folder shall be", f"board: {folder}", "remove the file there")


def _emptied(board: Inventory, wanted: Mapping[str, bytes], gone: set[str]) -> list[str]:
    """The folders that hold nothing any more once those files are gone, the deepest first."""
    left = (set(board.files) | set(wanted)) - gone
    occupied = {folder for path in left for folder in parents(path)}
    return sorted({folder for path in gone for folder in parents(path)} - occupied, reverse=True)
