"""Bringing releases and bundles: real MicroPython as the board, a folder as its flash."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from process_board import ProcessRepl, files
from releases_for_boards import APPLICATION, Maker, write, write_package

from picket_host import natmod, vendor
from picket_host.board import bundle
from picket_host.board.pointer import Pointer
from picket_host.board.sync import Options, SyncResult, sync
from picket_host.errors import BoardError, InputError, ReleaseError
from picket_host.paths import DEVICE
from picket_host.release import keys, manifest


@pytest.fixture
def known(flash: Path, maker: Maker) -> Path:
    """A board that has been provisioned with the maker's public key."""
    configuration = {"device": {"id": "press-1"}, "update": {"public_key": maker.key.public_key}}
    return write(flash, {"config.json": json.dumps(configuration)})


def _sync(flash: Path, source: Path, **options) -> SyncResult:
    return sync(ProcessRepl(), source, Options(root=str(flash), restart=False, **options))


def _pointer(flash: Path) -> Pointer:
    found = Pointer.decode((flash / "slots/active.json").read_bytes())
    assert found is not None
    return found


def _slot(flash: Path, sequence: int) -> dict[str, bytes]:
    return files(flash / "slots" / str(sequence))


def test_a_release_runs_from_a_slot_of_its_own(known, maker):
    release = maker.release(3)
    result = _sync(known, release)
    assert _slot(known, 3) == files(release)
    assert _pointer(known) == Pointer(app=3, model=3, highest=3, previous={"app": 0, "model": 0})
    assert (known / "boot.py").read_bytes() == (DEVICE / "boot.py").read_bytes()
    assert (result.sequence, result.key_from, result.proven_vectors) == (3, "board", 3)
    assert result.signed_by == maker.key.public_key
    assert [path.name for path in (known / ".picket").iterdir()] == ["manifest"]


def test_the_same_release_again_changes_nothing(known, maker):
    release = maker.release(3)
    _sync(known, release)
    before = files(known)
    assert not _sync(known, release).changed
    assert files(known) == before


def test_a_bundle_takes_neither_a_network_nor_a_compiler(known, maker, tmp_path, monkeypatch):
    bundle.make(tmp_path / "line.zip", [maker.release(3)], maker.key.seed_file, ["x64"])
    _sync(known, maker.release(2))  # the board is built by now

    def refuse(*_, **__):
        pytest.fail("a technician's laptop can't do that")

    monkeypatch.setattr(vendor, "_provide", refuse)
    monkeypatch.setattr(natmod, "build", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    assert _sync(known, tmp_path / "line.zip").sequence == 3


def test_what_ended_an_application_does_not_count_for_the_next(known, maker):
    write(known, {"state/crash": "MemoryError: ", "state/boot": "7"})
    _sync(known, maker.release(3))
    assert [path.name for path in (known / "state").iterdir()] == ["boot"]


def test_the_next_release_copies_what_the_board_has(known, maker):
    _sync(known, maker.release(3))
    result = _sync(known, maker.release(4))
    assert "picket/constant.mpy" in result.copied and "picket/app.mpy" in result.sent
    assert _slot(known, 4) == files(maker.folder / "release-4")
    assert _pointer(known) == Pointer(app=4, model=4, highest=4, previous={"app": 3, "model": 3})
    _sync(known, maker.release(5))
    assert sorted(path.name for path in (known / "slots").iterdir()) == ["4", "5", "active.json"]


def test_a_model_alone_leaves_the_application(known, maker):
    _sync(known, maker.release(3))
    _sync(known, maker.release(4, kind="model"))
    assert _pointer(known) == Pointer(app=3, model=4, highest=4, previous={"app": 3, "model": 3})


def test_a_model_alone_needs_an_application(known, maker):
    with pytest.raises(BoardError, match="a model alone, and the board has no application"):
        _sync(known, maker.release(4, kind="model"))


def test_a_release_on_trial_is_confirmed_by_bringing_it(known, maker):
    release = maker.release(3)
    _sync(known, release)
    on_trial = Pointer(app=3, model=3, state="trial", boots=2, highest=3, previous={"app": 0, "model": 0})
    write(known, {"slots/active.json": on_trial.encode()})
    _sync(known, release)
    assert _pointer(known) == Pointer(app=3, model=3, highest=3, previous={"app": 0, "model": 0})


def test_a_damaged_slot_is_replaced(known, maker):
    release = maker.release(3)
    _sync(known, release)
    write(known, {"slots/3/picket/app.mpy": b"damaged", "slots/3/picket/foreign.py": b"x"})
    result = _sync(known, release)
    assert "picket/app.mpy" in result.sent and "picket/constant.mpy" in result.copied
    assert _slot(known, 3) == files(release)


def test_older_releases_are_taken_only_when_asked_for(known, maker):
    old = maker.release(3)
    _sync(known, maker.release(4))
    before = files(known)
    with pytest.raises(ReleaseError, match=r"sequence 3 is not newer than 4.*--older"):
        _sync(known, old)
    assert files(known) == before
    _sync(known, old, older=True)
    assert _pointer(known) == Pointer(app=3, model=3, highest=4, previous={"app": 4, "model": 4})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hardware": ("esp32",)}, "the release is for esp32, this device is sim"),
        ({"replaces_min": 2}, "replaces application 2 or newer, this device runs 0"),
    ],
)
def test_a_release_for_other_boards_is_refused_in_the_devices_words(known, maker, options, message):
    write(known, {"main.py": "a factory application"})
    before = files(known)
    with pytest.raises(ReleaseError, match=message):
        _sync(known, maker.release(3, **options))
    assert files(known) == before


def _signed_anew(release: Path, maker: Maker, **changes) -> Path:
    fields = {**json.loads((release / "release.json").read_bytes()), **changes}
    raw = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    seed = keys.read_key(maker.key.seed_file)
    return write(release, {"release.json": raw, "release.sig": keys.sign(seed, raw)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"micropython": "1.24"}, "the release is for MicroPython 1.24, this device runs 1.25"),
        ({"mpy": "6.2"}, "the release has .mpy version 6.2, this device loads 6.3"),
    ],
)
def test_a_release_for_another_micropython_is_refused(known, maker, changes, message):
    with pytest.raises(ReleaseError, match=message):
        _sync(known, _signed_anew(maker.release(3), maker, **changes))
    assert not (known / "slots").exists()


def test_a_wrong_signature_is_refused_before_anything_is_written(known, maker, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    before = files(known)
    with pytest.raises(ReleaseError, match="signature does not fit the device's public key"):
        _sync(known, Maker(other).release(3))
    assert files(known) == before


def test_a_changed_file_is_refused_on_the_computer(known, maker):
    release = maker.release(3)
    write(release, {"picket/app.mpy": (release / "picket/app.mpy").read_bytes()[:-1] + b"\xff"})
    with pytest.raises(ReleaseError, match=r"picket/app.mpy: the file is not what the release says"):
        _sync(known, release)


def test_the_board_checks_signature_and_files_itself(known, maker, monkeypatch):
    release = maker.release(3)
    monkeypatch.setattr(bundle.Release, "check", lambda self, key: None)
    before = files(known)
    raw = (release / "release.json").read_bytes()
    write(release, {"release.json": raw.replace(b'"notes":""', b'"notes":"!"')})
    with pytest.raises(ReleaseError, match="the board refuses it: .*signature does not fit"):
        _sync(known, release)
    write(release, {"release.json": raw, "main.py": b"something else\n"})
    with pytest.raises(ReleaseError, match=r"the board refuses it: .*main.py has another size"):
        _sync(known, release)
    left = {path: data for path, data in files(known).items() if "stage" not in path and ".picket" not in path}
    assert left == before


def test_a_model_that_gives_other_outputs_on_the_board_is_not_activated(known, maker, monkeypatch):
    write_package(maker.folder / "package-4", gain=4)
    release = maker.release(3)
    other = (maker.folder / "package-4" / "model.tflite").read_bytes()
    write(release, {"model/model.tflite": other})
    _signed_anew(release, maker, files=[entry.__dict__ for entry in manifest.describe(release)])
    with pytest.raises(ReleaseError, match="the board refuses it: golden vector 1: the model gives other outputs"):
        _sync(known, release)
    assert not (known / "slots/active.json").exists()


def test_a_board_without_a_key_takes_the_one_that_is_given(flash, maker):
    release = maker.release(3)
    with pytest.raises(ReleaseError, match="the board has no key to check the release with"):
        _sync(flash, release)
    result = _sync(flash, release, public_key=maker.public)
    assert result.key_from == "computer" and _pointer(flash).app == 3


def test_a_given_key_that_is_not_the_boards_is_refused(known, maker):
    with pytest.raises(ReleaseError, match="the board takes releases of another key"):
        _sync(known, maker.release(3), public_key=bytes(32))


@pytest.fixture
def bundled(maker: Maker) -> Path:
    file = maker.folder / "line.zip"
    releases = [maker.release(3), maker.release(5, hardware=("esp32",)), maker.release(4)]
    bundle.make(file, releases, maker.key.seed_file, ["x64"])
    return file


def test_a_bundle_brings_the_newest_release_that_fits(known, maker, bundled):
    result = _sync(known, bundled)
    assert result.sequence == 4 and _slot(known, 4) == files(maker.folder / "release-4")
    assert result.key_from == "board" and result.proven_vectors == 3
    assert not _sync(known, bundled).changed


def test_a_bundle_names_why_nothing_in_it_fits(known, maker, tmp_path):
    file = maker.folder / "line.zip"
    bundle.make(file, [maker.release(3, hardware=("esp32",))], maker.key.seed_file, ["x64"])
    with pytest.raises(ReleaseError, match="the release is for esp32, this device is sim"):
        _sync(known, file)


def test_a_bundle_is_the_same_bytes_each_time(maker, bundled):
    before = bundled.read_bytes()
    releases = [maker.folder / f"release-{number}" for number in (3, 5, 4)]
    bundle.make(bundled, releases, maker.key.seed_file, ["x64"])
    assert bundled.read_bytes() == before


def test_a_bundle_has_instructions_and_every_native_module(maker, bundled):
    with zipfile.ZipFile(bundled) as archive:
        names = archive.namelist()
        page = archive.read("README.txt").decode()
    assert names[0] == "README.txt" and "native/x64/picket_native.mpy" in names and "boot.py" in names
    assert "picket sync line.zip" in page and "Release 4" in page


def test_a_bundle_with_one_changed_byte_is_refused(known, bundled):
    with zipfile.ZipFile(bundled) as archive:
        content = {info.filename: archive.read(info) for info in archive.infolist()}
    for name, message in (
        ("boot.py", "the bundle is damaged"),
        ("bundle.json", "damaged|no bundle|signature does not fit"),
        ("bundle.sig", "signature does not fit"),
    ):
        changed = {**content, name: content[name][:-1] + bytes([content[name][-1] ^ 1])}
        with zipfile.ZipFile(bundled, "w") as archive:
            for path, data in changed.items():
                archive.writestr(path, data)
        with pytest.raises((ReleaseError, InputError), match=message):
            _sync(known, bundled)


def test_a_bundle_needs_the_key_of_its_releases(maker, tmp_path):
    other = keys.keygen(tmp_path / "other.key")
    with pytest.raises(ReleaseError, match="signature does not fit"):
        bundle.make(tmp_path / "line.zip", [maker.release(3)], other.seed_file, ["x64"])
    assert not (tmp_path / "line.zip").exists()


def test_an_applications_files_are_as_the_folder_had_them(known, maker):
    _sync(known, maker.release(3))
    assert (known / "slots/3/main.py").read_text() == APPLICATION["main.py"].format(version=3)
