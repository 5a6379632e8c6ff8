"""The plan that brings a release into a slot of its own and makes that the active one."""

from __future__ import annotations

from dataclasses import dataclass

from picket_host.board import bundle
from picket_host.board.agent import Content, Inventory
from picket_host.board.plan import BOOT, NATIVE_MODULE, OLD_SLOT, STAGE, Check, Plan, Staging, read_manifest
from picket_host.board.pointer import Pointer
from picket_host.errors import BoardError, ReleaseError
from picket_host.release.rules import rules

_RELEASE, _BUNDLE = range(2)  # the signed lists, in the order in which the board checks them


@dataclass(frozen=True)
class _SlotFile:
    """A file of the slot, and which signed list names it; None for the list itself."""

    data: bytes
    listed: int | None


def make(board: Inventory, release: bundle.Release, older: bool = False) -> Plan:
    """The plan for a release that has been checked (``Release.check``).

    Args:
        older: take it even if it is not newer than all that the board has accepted.

    Raises:
        ReleaseError: it does not fit the board, in the words of the device's own rules.
        BoardError: the flash lacks room, or there is nothing to run a model under.
    """
    sequence = release.manifest.sequence
    full = release.manifest.kind == "full"
    now = Pointer.decode(board.pointer) or Pointer()
    _check_fit(board, release, now, older)
    files = _slot_files(board, release, full)
    slot, stage = f"/slots/{sequence}", f"/slots/stage-{sequence}"
    whole = all(board.files.get(f"{slot}/{name}") == Content.of(file.data) for name, file in files.items())
    home = slot if whole else stage
    check = _check(board, release, files, home)
    staging = Staging(board, stage)
    if full:
        _add_boot(board, release, staging, check)
    if not whole:
        for name, file in files.items():
            staging.add(f"{stage}/{name}", file.data, name)
        if str(sequence) in board.slots:
            staging.moves.append((slot, OLD_SLOT))
        staging.moves.append((stage, slot))
    pointer = _pointer(now, sequence, full)
    if pointer != now:
        staging.replace_pointer(pointer.encode())
    _add_manifest(board, release, staging)
    return staging.plan(
        folders={"/slots"} if whole else {"/slots", *(f"{stage}/{name}".rpartition("/")[0] for name in files)},
        unchanged=len(files) if whole else 0,
        garbage=[f"/slots/{name}" for name in board.slots if name.isdigit() and name not in pointer.slots],
        check=check,
    )


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


def _slot_files(board: Inventory, release: bundle.Release, full: bool) -> dict[str, _SlotFile]:
    """What the slot shall hold, by path in it: all but other boards' native modules."""
    files: dict[str, _SlotFile] = {}
    extras = release.extras if full and release.bundle else {}
    for number, contents in ((_RELEASE, release.files), (_BUNDLE, extras)):
        for name, data in contents.items():
            native = name.startswith("native/")
            fits = name.startswith(f"native/{board.arch}/") and not board.native_built_in
            if (fits or not native) and name != bundle.BOOT:
                files.setdefault(name, _SlotFile(data, number))
    if full and not board.native_built_in and f"native/{board.arch}/{NATIVE_MODULE}" not in files:
        archs = sorted({name.split("/")[1] for name in (*release.files, *release.extras) if name.startswith("native/")})
        what = f"it has no native module for {board.arch or 'this board'} (it has: {', '.join(archs) or 'none'})"
        raise ReleaseError(what, release.where, "picket bundle puts in what is missing")
    files[release.signed.name] = _SlotFile(release.signed.raw, None)
    files[release.signed.signature_name] = _SlotFile(release.signed.signature, None)
    return files


def _check(board: Inventory, release: bundle.Release, files: dict[str, _SlotFile], home: str) -> Check:
    documents = [(f"{home}/{release.signed.name}", f"{home}/{release.signed.signature_name}")]
    if release.bundle:
        documents.append((f"{STAGE}/{release.bundle.name}", f"{STAGE}/{release.bundle.signature_name}"))
    listed = [(f"{home}/{name}", file.listed, name) for name, file in files.items() if file.listed is not None]
    return Check(documents, listed, [f"{home}/native/{board.arch}"], f"{home}/model")


def _add_boot(board: Inventory, release: bundle.Release, staging: Staging, check: Check) -> None:
    """The loader of slots, first of all: it completes the switch should that be cut off."""
    boot = release.extras[bundle.BOOT]
    if board.files.get(BOOT) != Content.of(boot):
        staging.replace(BOOT, boot, BOOT)
        if release.bundle:
            check.files.append((staging.moves[-1][0], _BUNDLE, bundle.BOOT))


def _add_manifest(board: Inventory, release: bundle.Release, staging: Staging) -> None:
    if not staging.moves:
        return
    if any(target == BOOT for _, target in staging.moves):
        boot = Content.of(release.extras[bundle.BOOT])
        staging.replace_manifest({**read_manifest(board.manifest), BOOT: boot})
    if release.bundle:  # for the board's check alone
        staging.add(f"{STAGE}/{release.bundle.name}", release.bundle.raw)
        staging.add(f"{STAGE}/{release.bundle.signature_name}", release.bundle.signature)


def _pointer(now: Pointer, sequence: int, full: bool) -> Pointer:
    """The pointer to a release that somebody at the cable has brought: confirmed, there is no gateway to ask."""
    app = sequence if full else now.app
    if (now.app, now.model, now.state) == (app, sequence, "confirmed"):
        return now
    previous = {"app": now.app, "model": now.model} if (now.app, now.model) != (app, sequence) else now.previous
    return Pointer(app=app, model=sequence, highest=max(now.highest, sequence), previous=previous)
