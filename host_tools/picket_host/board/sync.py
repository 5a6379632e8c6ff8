"""Make a board's files equal to a folder, a release or a bundle, over a cable that may be pulled at any moment."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from picket_host import vendor
from picket_host.board import bundle, folder_plan, program, release_plan
from picket_host.board.agent import Agent, Inventory
from picket_host.board.plan import Plan, smaller_native_module
from picket_host.board.raw_repl import BoardTraceback, RawRepl
from picket_host.board.session import RESET
from picket_host.board.source import Folder
from picket_host.errors import BoardError, InputError, ReleaseError
from picket_host.paths import DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release import keys, manifest

_CHECK_S = 300.0  # signatures, hashes and the model's golden vectors, on the slowest board
_SWITCH_S = 60.0


@dataclass(frozen=True)
class Options:
    """How to sync.

    Args:
        compiled: modules become ``.mpy``.
        dry_run: only say what would be done.
        older: take a release that is not newer than those before.
        public_key: 32 bytes, whose releases to take; the key in the board's configuration by default.
        restart: start the board anew at the end.
        root: of the flash, "" on a board.
    """

    compiled: bool = True
    dry_run: bool = False
    older: bool = False
    public_key: bytes | None = None
    restart: bool = True
    root: str = ""


@dataclass(frozen=True)
class SyncResult:
    """What was done, or with ``dry_run`` would be. Paths are those on the board, in a release's slot relative to it.

    Attributes:
        sent, copied, deleted, kept, unchanged, staged: as in ``Plan``.
        protected: what the folder has, but the board keeps its own of.
        content_bytes, wire_bytes: of the files that travelled, and what went over the line for them.
        seconds: for all of it. bytes_per_second: of content, while files were sent.
        sequence: of the release. signed_by: public key that the board checked it with, and whose that is: "board" or
            "computer". proven_vectors: golden vectors that the board's model reproduced; None when there was no need or
            no memory for it.
    """

    port: str
    source: Path
    kind: str
    dry_run: bool
    device: str | None
    sent: list[str]
    copied: list[str]
    deleted: list[str]
    kept: list[str]
    protected: list[str]
    unchanged: int
    staged: int
    content_bytes: int
    wire_bytes: int
    needed_bytes: int
    free_bytes: int
    seconds: float
    bytes_per_second: float
    sequence: int | None = None
    signed_by: str | None = None
    key_from: str | None = None
    proven_vectors: int | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, written."""
        return bool(self.sent or self.copied or self.deleted or self.staged or self.content_bytes)


def sync(
    repl: RawRepl, source: Path = DEVICE, options: Options | None = None, progress: Progress = SILENT
) -> SyncResult:
    """Bring a folder, a release folder or a bundle to the board at a raw REPL that can be entered.

    Whatever interrupts this, the board has its old version, whole, or the new one; the same call goes on where it was.

    Raises:
        InputError: no such source, or nothing in it. ReleaseError: a release that does not hold or does not fit.
        BoardError: the board or the line to it. BuildError, EnvironmentError_: something can't be compiled or, for this
            checkout's own code, fetched.
    """
    options = options or Options()
    if _is_release(source):
        job: _FolderJob | _ReleaseJob = _ReleaseJob(source, options)
    else:
        if source.resolve() == DEVICE:
            vendor.vendor(["umqtt.simple"], progress)  # a part of the application that is not in the repository
        job = _FolderJob(source, options)
    return _Sync(repl, job, options, progress).run()


def _is_release(source: Path) -> bool:
    if not source.exists():
        raise InputError("there is no such folder or bundle", source)
    if source.is_file() and not bundle.is_bundle(source):
        raise InputError("the file is no bundle", source, "picket bundle makes one")
    return source.is_file() or (source / manifest.MANIFEST).is_file()


class _FolderJob:
    """Brings a folder."""

    kind = "folder"
    sequence: int | None = None
    key: bytes | None = None
    key_from: str | None = None
    slots: list[str] | None = None

    def __init__(self, source: Path, options: Options):
        self.source = source
        self._folder = Folder(source, compiled=options.compiled)
        self.tops = self._folder.tops()
        self.protected = self._folder.protected()

    def plan(self, board: Inventory, progress: Progress) -> Plan:
        return folder_plan.make(board, self._folder.files(board, progress))


class _ReleaseJob:
    """Brings a release: of those in a bundle, the newest that fits the board."""

    kind = "release"
    tops = ["boot.py", "main.py"]
    protected: list[str] = []

    def __init__(self, source: Path, options: Options):
        self.source = source
        self._options = options
        self._releases = bundle.read(source) if source.is_file() else [bundle.read_folder(source)]
        numbers = [release.manifest.sequence for release in self._releases]
        self.slots = [name for number in numbers for name in (str(number), f"stage-{number}")]
        self.sequence: int | None = None
        self.key: bytes | None = None
        self.key_from: str | None = None

    def plan(self, board: Inventory, progress: Progress) -> Plan:
        progress.step("checking signatures")
        self._choose_key(board)
        assert self.key is not None
        refusal: ReleaseError | None = None
        for release in self._releases:
            release.check(self.key)
            try:
                made = release_plan.make(board, release, self._options.older)
            except ReleaseError as error:
                refusal = refusal or error
                continue
            self.sequence = release.manifest.sequence
            return made
        raise refusal or InputError("there is no release in the bundle", self.source)

    def _choose_key(self, board: Inventory) -> None:
        """The board's own key, if it has one: it takes nothing else. Else that which the person at the cable names."""
        named = self._options.public_key
        own = keys.parse_key(board.public_key, "update.public_key of the board") if board.public_key else None
        if own is not None and named is not None and own != named:
            what = "the board takes releases of another key than --public-key"
            hint = "picket device provision, should the board's key be wrong"
            raise ReleaseError(what, f"board {board.device}", hint)
        if own is None and named is None:
            what = "the board has no key to check the release with"
            raise ReleaseError(what, self.source, "--public-key KEY.pub, or picket device provision first")
        self.key = own or named
        self.key_from = "board" if own else "computer"


class _Sync:
    """One run: take stock, plan, stage, check, switch, restart."""

    def __init__(self, repl: RawRepl, job: _FolderJob | _ReleaseJob, options: Options, progress: Progress):
        self._repl = repl
        self._job = job
        self._options = options
        self._progress = progress
        self._sending_s = 0.0

    def run(self) -> SyncResult:
        began = time.monotonic()
        self._progress.step("looking at the board")
        self._repl.enter(soft_reset=True)
        try:
            result = self._bring(began)
        except BaseException:
            with contextlib.suppress(BoardError):
                self._repl.enter()
                self._restart()
            raise
        self._restart()
        return result

    def _restart(self) -> None:
        if self._options.restart:
            with contextlib.suppress(BoardError):  # a chip with USB of its own leaves the line here
                self._repl.start(RESET)

    def _bring(self, began: float) -> SyncResult:
        agent = Agent(self._repl)
        board = self._start(agent)
        proven = None
        try:
            with agent.waiting():
                what = self._job.plan(board, self._progress)
            switching = bool(what.moves) and not self._options.dry_run
            if switching:
                self._stage(agent, what)
        except BaseException:
            with contextlib.suppress(BoardError):
                agent.abandon()
            raise
        agent.quit()
        if switching:
            proven = self._check(what)
            self._switch(what.garbage, fresh=True)
        return self._result(what, agent, board, proven, time.monotonic() - began)

    def _start(self, agent: Agent) -> Inventory:
        arguments = (self._job.tops, self._job.slots, self._options.root, self._options.restart)
        board = agent.start(*arguments)
        if board.pending and not self._options.dry_run:
            agent.quit()
            self._switch([], fresh=False)
            board = agent.start(*arguments)
        return board

    def _stage(self, agent: Agent, what: Plan) -> None:
        agent.remove(what.stale)
        agent.make_folders(what.folders)
        self._progress.step("sending", 0, what.send_bytes)
        began = time.monotonic()
        agent.write(what.records, lambda done: self._progress.step("sending", done, what.send_bytes))
        self._sending_s = time.monotonic() - began

    def _check(self, what: Plan) -> int | None:
        """Have the board check signatures and files, and prove the model; how many golden vectors that were."""
        if what.check is None:
            return None
        assert self._job.key is not None
        self._progress.step("the board checks the release")
        check = what.check
        root = self._options.root
        self._repl.enter(soft_reset=True)
        arguments = (check.documents, check.files, check.natives, check.model, self._options.restart)
        try:
            self._repl.exec(program.call("native", "native", root, check.natives), _CHECK_S)
            said = self._repl.exec(program.call("check", "check", root, self._job.key.hex(), *arguments), _CHECK_S)
        except BoardTraceback as error:
            if "MemoryError" not in error.traceback:
                raise
            what = "the board's memory does not suffice to check the release; it goes on with what it had"
            hint = smaller_native_module(check.natives[0].rpartition("/")[2])
            raise BoardError(what, self._repl.transport.name, hint) from error
        found = json.loads(said)
        if found["refused"]:
            raise ReleaseError(f"the board refuses it: {found['refused']}", self._job.source, "picket release verify")
        return found["proven"]

    def _switch(self, garbage: list[str], fresh: bool) -> None:
        self._progress.step("switching")
        self._repl.exec(program.call("commit", "commit", self._options.root, garbage, fresh), _SWITCH_S)

    def _result(
        self, what: Plan, agent: Agent, board: Inventory, proven: int | None, seconds: float
    ) -> SyncResult:
        job = self._job
        dry_run = self._options.dry_run
        return SyncResult(
            port=self._repl.transport.name, source=job.source, kind=job.kind, dry_run=dry_run, device=board.device,
            sent=what.sent, copied=what.copied, deleted=what.deleted, kept=what.kept, protected=job.protected,
            unchanged=what.unchanged, staged=what.staged, content_bytes=what.send_bytes, wire_bytes=agent.wire_bytes,
            needed_bytes=what.needed_bytes, free_bytes=what.free_bytes, seconds=seconds,
            bytes_per_second=what.send_bytes / self._sending_s if self._sending_s else 0.0,
            sequence=job.sequence, signed_by=job.key.hex() if job.key else None, key_from=job.key_from,
            proven_vectors=proven,
        )
