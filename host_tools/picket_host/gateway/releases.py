"""Releases at the gateway: publish, withdraw, follow.

``publish`` and ``withdraw`` may run in another process than the gateway: they leave files in its state folder and
rows in its database, which the running gateway finds by itself and turns into retained ``ota`` messages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import EnvironmentError_, InputError, ReleaseError
from picket_host.gateway import wire
from picket_host.gateway.store import Offer, Store
from picket_host.gateway.wire import Source
from picket_host.progress import SILENT, Progress
from picket_host.release import manifest
from picket_host.release.sign import check_signature

# In the gateway's settings: the public key of the fleet's releases, 64 digits.
_PUBLIC_KEY_SETTING = "release_public_key"


@dataclass(frozen=True)
class Published:
    """A release that is offered now, to ``targets``: ``group/device``, or ``group/*`` for all of a group.

    ``public_key`` is the one that its signature was checked with (64 digits), None where the gateway knows none;
    ``replaced`` says that one of the same sequence was thrown out for it, whose signature does not fit that key.
    """

    sequence: int
    version: str
    kind: str
    size: int
    manifest_sha256: str
    targets: tuple[str, ...]
    public_key: str | None
    replaced: bool


@dataclass(frozen=True)
class Withdrawn:
    """Offers that hold no more."""

    sequences: tuple[int, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True)
class DeviceStatus:
    """How far a device is: what it runs (by its newest birth), what is offered to it, and the newest step it reported.

    ``done`` of ``size`` are bytes; ``updated`` is unix time; all None or empty where the device has reported nothing.
    """

    group: str
    device: str
    online: bool
    app: int | None
    model: int | None
    offered: int | None
    sequence: int | None
    state: str | None
    reason: str
    done: int | None
    size: int | None
    updated: float | None


def release_folder(state: Path, sequence: int | None = None) -> Path:
    """Where the gateway keeps the release it serves, or all of them."""
    root = state / "releases"
    return root if sequence is None else root / str(sequence)


def publish(
    state: Path,
    folder: Path,
    *,
    devices: Sequence[str] = (),
    group: str | None = None,
    base_url: str | None = None,
    public_key: bytes | None = None,
    progress: Progress = SILENT,
) -> Published:
    """Check a signed release folder, copy it into the gateway's state folder and offer it.

    A release that lies there under the same sequence is replaced if its signature does not fit the public key: then no
    device can have taken it. Otherwise sequences stay used, as devices keep the highest that they accepted.

    Args:
        state: the gateway's state folder.
        folder: the release.
        devices: names of devices, as ``press-1`` where the gateway knows that device, else as ``plant-a/press-1``.
        group: all devices of this group, also those that come later.
        base_url: where devices fetch it, when that is not the gateway's own HTTP server; ``/releases/<sequence>``
            is appended.
        public_key: the fleet's, which the signature must fit. The gateway remembers it, for later releases, in place of
            the one before; without one and with none remembered, the signature is not checked.

    Raises:
        InputError: no such folder or device, or neither devices nor a group named.
        ReleaseError: manifest, files or signature don't hold, it is not signed, or another release has this sequence.
    """
    with Store.open(state) as store:
        targets = _targets(store, devices, group)
        remembered = store.setting(_PUBLIC_KEY_SETTING)
        if public_key is None and remembered is not None:
            public_key = bytes.fromhex(remembered)
        progress.step("checking and copying the release")
        release, replaced = _take_in(state, folder, public_key)
        raw = manifest.read_bytes(release_folder(state, release.sequence))
        digest = hashlib.sha256(raw).hexdigest()
        now = time.time()
        with store.transaction():
            if public_key is not None:
                store.set_setting(_PUBLIC_KEY_SETTING, public_key.hex())
            # Those of a release that was replaced: what they name is not served any more.
            stale = [o.id for o in store.offers() if o.sequence == release.sequence and o.manifest_sha256 != digest]
            store.withdraw_offers(stale, now)
            for target_group, device in targets:
                store.add_offer(release.sequence, target_group, device, base_url, release.size, digest, now)
    return Published(
        release.sequence,
        release.version,
        release.kind,
        release.size,
        digest,
        tuple(_name(*target) for target in targets),
        public_key.hex() if public_key is not None else None,
        replaced,
    )


def withdraw(
    state: Path, *, sequence: int | None = None, devices: Sequence[str] = (), group: str | None = None
) -> Withdrawn:
    """Withdraw offers: of one sequence or all, of some devices, of a group, or of everybody where none is named.

    Raises:
        InputError: there is no such offer.
    """
    with Store.open_existing(state) as store:
        chosen = set(_targets(store, devices, group)) if devices or group else None
        offers = [
            offer
            for offer in store.offers()
            if offer.withdrawn is None
            and (sequence is None or offer.sequence == sequence)
            and (chosen is None or (offer.group, offer.device) in chosen)
        ]
        if not offers:
            raise InputError("there is no such offer", state, "picket release status")
        with store.transaction():
            store.withdraw_offers([offer.id for offer in offers], time.time())
    return Withdrawn(
        tuple(sorted({offer.sequence for offer in offers})),
        tuple(dict.fromkeys(_name(offer.group, offer.device) for offer in offers)),
    )


def status(state: Path) -> list[DeviceStatus]:
    """Return how far each device is that the gateway knows or that something is offered to."""
    with Store.open_existing(state) as store:
        devices = {Source(device.group, device.name): device for device in store.devices()}
        steps = store.newest_states()
        offers = current_offers(store.offers(), devices)
    result = []
    for source in sorted({*devices, *offers}, key=str):
        device, step, offer = devices.get(source), steps.get(source), offers.get(source)
        birth = device.birth if device else {}
        result.append(
            DeviceStatus(
                source.group,
                source.device,
                device.online if device else False,
                birth.get("app"),
                birth.get("model"),
                offer.sequence if offer else None,
                step.sequence if step else None,
                step.state if step else None,
                step.reason if step else "",
                step.done if step else None,
                step.size if step else None,
                step.received if step else None,
            )
        )
    return result


def current_offers(offers: Iterable[Offer], sources: Iterable[Source]) -> dict[Source, Offer | None]:
    """Return the offer that holds for each device: the newest that is not withdrawn, or None where all are.

    Devices that nothing was ever offered to are left out.
    """
    sources = list(sources)
    result: dict[Source, Offer | None] = {}
    for offer in offers:  # oldest first: a newer one replaces
        if offer.device is not None:
            addressed = [Source(offer.group, offer.device)]
        else:
            addressed = [source for source in sources if source.group == offer.group]
        for source in addressed:
            if offer.withdrawn is None:
                result[source] = offer
            else:
                result.setdefault(source, None)
    return result


def offer_messages(store: Store, base_url: str) -> dict[Source, bytes]:
    """Return the payload of each device's ``ota`` topic; empty where offers were withdrawn."""
    return {
        source: b""
        if offer is None
        else wire.offer(
            offer.sequence, f"{offer.base_url or base_url}/releases/{offer.sequence}", offer.size, offer.manifest_sha256
        )
        for source, offer in current_offers(store.offers(), store.sources()).items()
    }


def _name(group: str, device: str | None) -> str:
    return f"{group}/{device or '*'}"


def _targets(store: Store, devices: Sequence[str], group: str | None) -> list[tuple[str, str | None]]:
    if not devices and group is None:
        raise InputError("neither devices nor a group are named", None, "--device press-1, or --group plant-a")
    targets: list[tuple[str, str | None]] = []
    if group is not None:
        targets.append((_checked_name(group), None))
    known = store.sources()
    for name in devices:
        if "/" in name:
            in_group, _, device = name.partition("/")
            targets.append((_checked_name(in_group), _checked_name(device)))
            continue
        matches = [source for source in known if source.device == name]
        if len(matches) != 1:
            groups = ", ".join(sorted(str(source) for source in matches or known)) or "none"
            what = "the gateway knows no such device" if not matches else "this device is in several groups"
            raise InputError(f"{what} (known: {groups})", name, "its full name, as in plant-a/press-1")
        targets.append((matches[0].group, matches[0].device))
    return list(dict.fromkeys(targets))


def _checked_name(name: str) -> str:
    if not wire.is_name(name):
        raise InputError("not a name: letters, digits, - and _, at most 48", name, "a name such as press-1")
    return name


def _take_in(state: Path, folder: Path, public_key: bytes | None) -> tuple[manifest.Manifest, bool]:
    """Copy the release next to its final place, check the copy, and move it there in one step; whether it replaced
    another one."""
    wanted = manifest.load(folder)
    if not (folder / manifest.SIGNATURE).is_file():
        raise ReleaseError("the release is not signed", folder, "picket release sign")
    root = release_folder(state)
    target = release_folder(state, wanted.sequence)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=root) as incoming:
            copy = Path(incoming) / "release"
            _copy(folder, copy, [manifest.MANIFEST, manifest.SIGNATURE, *(entry.path for entry in wanted.files)])
            release = manifest.load(copy)
            manifest.check_files(copy, release)
            if public_key is not None:
                check_signature(copy, public_key, where=folder)
            replaced = target.exists() and not _same(copy, target)
            if replaced:
                if public_key is None or _fits(target, public_key):
                    what = f"another release was published as sequence {release.sequence}"
                    hint = "a higher --sequence"
                    if public_key is None:
                        hint += ", or --public-key: what that key has not signed is replaced"
                    raise ReleaseError(what, target, hint)
                os.rename(target, Path(incoming) / "replaced")
            if target.exists():
                manifest.check_files(target, release)
            else:
                os.rename(copy, target)
                _sync(root)
    except OSError as error:
        raise EnvironmentError_(f"can't keep the release: {error.strerror}", root) from error
    return release, replaced


def _copy(folder: Path, copy: Path, paths: Iterable[str]) -> None:
    for path in paths:
        source = folder / path
        if not source.is_file():
            raise ReleaseError("the file is missing", source)
        destination = copy / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, destination)
        _sync(destination)


def _same(one: Path, other: Path) -> bool:
    names = (manifest.MANIFEST, manifest.SIGNATURE)
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def _fits(folder: Path, public_key: bytes) -> bool:
    """Whether the key's owner signed the release."""
    try:
        check_signature(folder, public_key)
    except ReleaseError:
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
