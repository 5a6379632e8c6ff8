"""Vendored sources: pinned by hash, fetched through the machine's package managers, unpacked whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from picket_host import vendor as vendor_module
from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.vendor import sources, vendor

PATCH = "--- a/code.c\n+++ b/code.c\n@@ -1 +1 @@\n-int old;\n+int new;\n"


def archive(path: Path, files: dict[str, str]) -> str:
    """Write a tar.gz and return its SHA-256."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Shelf:
    """A table of pins, a folder of archives as somebody without a network would have it, and empty folders to fill."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.pins = folder / "vendor.toml"
        self.archives = folder / "archives"
        self.archives.mkdir()
        self.cache, self.device = folder / "cache", folder / "device"

    def pin(self, name: str, archives: dict[str, str], **fields: object) -> None:
        lines = [f"[{json.dumps(name)}]"]
        for key, value in {
            "kind": "sdist",
            "version": "1.0",
            "package": name,
            "folder": "top",
            "licence": "LICENSE",
            **fields,
        }.items():
            if isinstance(value, dict):
                value = "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + "}"
                lines.append(f"{key} = {value}")
            else:
                lines.append(f"{key} = {json.dumps(value)}")
        lines.append(f"[{json.dumps(name)}.archives]")
        lines += [f"{json.dumps(file)} = {json.dumps(sha)}" for file, sha in archives.items()]
        self.pins.write_text("\n".join(lines) + "\n")

    def vendor(self, *names: str) -> dict[str, Path]:
        return vendor(names or None, pins=self.pins, cache=self.cache, device=self.device)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf(tmp_path)
    monkeypatch.setenv("PICKET_VENDOR_DIR", str(made.archives))
    return made


@pytest.fixture
def simple(shelf: Shelf) -> Shelf:
    """A shelf with one source in one archive."""
    sha = archive(shelf.archives / "lib.tar.gz", {"top/LICENSE": "free", "top/code.c": "int old;\n"})
    shelf.pin("lib", {"lib.tar.gz": sha}, device={"code.c": "lib/code.c"})
    return shelf


def test_a_source_is_unpacked_with_its_licence(simple):
    folder = simple.vendor()["lib"]
    assert folder == simple.cache / "lib-1.0"
    assert (folder / "code.c").read_text() == "int old;\n"
    assert (folder / "LICENSE").is_file()


def test_the_second_call_changes_nothing(simple):
    first = simple.vendor()["lib"]
    before = (first / "code.c").stat().st_mtime_ns, first.stat().st_ino
    (simple.archives / "lib.tar.gz").unlink()
    second = simple.vendor()["lib"]
    assert ((second / "code.c").stat().st_mtime_ns, second.stat().st_ino) == before


def test_files_for_the_board_are_copied_and_repaired(simple):
    simple.vendor()
    target = simple.device / "lib" / "code.c"
    assert target.read_text() == "int old;\n"
    target.write_text("edited")
    simple.vendor()
    assert target.read_text() == "int old;\n"


def test_new_pins_unpack_anew(simple):
    simple.vendor()
    sha = archive(simple.archives / "lib2.tar.gz", {"top/LICENSE": "free", "top/code.c": "int newer;\n"})
    simple.pin("lib", {"lib2.tar.gz": sha})
    folder = simple.vendor()["lib"]
    assert (folder / "code.c").read_text() == "int newer;\n"
    assert sorted(p.name for p in simple.cache.iterdir()) == [".lock", "archives", "lib-1.0"]


def test_a_wrong_hash_names_both(simple):
    found = hashlib.sha256((simple.archives / "lib.tar.gz").read_bytes()).hexdigest()
    simple.pin("lib", {"lib.tar.gz": "0" * 64})
    with pytest.raises(InputError, match=f"expected {'0' * 64}, found {found}"):
        simple.vendor()
    assert not (simple.cache / "lib-1.0").exists()


def test_an_archive_damaged_in_the_cache_is_fetched_again(simple):
    simple.vendor()
    (simple.cache / "archives" / "lib.tar.gz").write_bytes(b"damaged")
    (simple.cache / "lib-1.0" / ".vendored").unlink()
    assert (simple.vendor()["lib"] / "code.c").is_file()


def test_a_source_without_its_licence_is_refused_and_leaves_nothing(shelf):
    sha = archive(shelf.archives / "lib.tar.gz", {"top/code.c": ""})
    shelf.pin("lib", {"lib.tar.gz": sha})
    with pytest.raises(InputError, match="lib-1.0/LICENSE: the licence's file is not in the archive"):
        shelf.vendor()
    assert sorted(p.name for p in shelf.cache.iterdir()) == [".lock", "archives"]


@pytest.mark.parametrize(("skip", "expected"), [({}, "int new;\n"), ({"fix.patch": "not wanted"}, "int old;\n")])
def test_patches_of_a_debian_package_are_applied_unless_skipped(shelf, skip, expected):
    original = archive(shelf.archives / "lib.orig.tar.gz", {"top/LICENSE": "free", "top/code.c": "int old;\n"})
    debian = archive(
        shelf.archives / "lib.debian.tar.gz",
        {"debian/patches/series": "fix.patch\n", "debian/patches/fix.patch": PATCH},
    )
    pins = {"lib.orig.tar.gz": original, "lib.debian.tar.gz": debian}
    shelf.pin("lib", pins, kind="debian", suite="some", skip_patches=skip)
    assert (shelf.vendor()["lib"] / "code.c").read_text() == expected


def test_a_patch_that_does_not_apply_is_named(shelf):
    original = archive(shelf.archives / "lib.orig.tar.gz", {"top/LICENSE": "free", "top/code.c": "something else\n"})
    debian = archive(
        shelf.archives / "lib.debian.tar.gz",
        {"debian/patches/series": "fix.patch\n", "debian/patches/fix.patch": PATCH},
    )
    shelf.pin("lib", {"lib.orig.tar.gz": original, "lib.debian.tar.gz": debian}, kind="debian", suite="some")
    with pytest.raises(BuildError, match="fix.patch: the patch does not apply"):
        shelf.vendor()
    assert not (shelf.cache / "lib-1.0").exists()


def test_an_unknown_name_lists_the_known_ones(simple):
    with pytest.raises(InputError, match="'nothing' is pinned.*one of lib"):
        simple.vendor("nothing")


@pytest.mark.parametrize("text", ["[lib", "[lib]\nversion = '1'\n", "lib = 3\n"])
def test_a_damaged_table_of_pins_is_one_clear_error(tmp_path, text):
    (tmp_path / "vendor.toml").write_text(text)
    with pytest.raises(InputError, match="not a table of pinned sources"):
        sources(tmp_path / "vendor.toml")


def test_missing_pins_are_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="pins of third-party sources are missing"):
        sources(tmp_path / "vendor.toml")


def test_processes_at_the_same_time_get_the_same_whole_folder(simple):
    script = (
        "import sys; from pathlib import Path; from picket_host.vendor import vendor;"
        "p, c, d = map(Path, sys.argv[1:]);"
        "print((vendor(pins=p, cache=c, device=d)['lib'] / 'code.c').read_text())"
    )
    command = [sys.executable, "-c", script, str(simple.pins), str(simple.cache), str(simple.device)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in processes] == ["int old;"] * 3
    assert [process.returncode for process in processes] == [0] * 3


def test_a_source_distribution_comes_from_the_configured_index(shelf, monkeypatch):
    """Also one that pip itself refuses to download, because it has no setup.py."""
    index = shelf.folder / "index" / "some-lib"
    index.mkdir(parents=True)
    sha = archive(index / "some-lib-1.0.tar.gz", {"top/LICENSE": "free"})
    (index / "index.html").write_text('<a href="some-lib-1.0.tar.gz">some-lib-1.0.tar.gz</a>')
    monkeypatch.delenv("PICKET_VENDOR_DIR")
    monkeypatch.setenv("PIP_INDEX_URL", (shelf.folder / "index").as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    shelf.pin("lib", {"some-lib-1.0.tar.gz": sha}, package="some-lib")
    assert (shelf.vendor()["lib"] / "LICENSE").read_text() == "free"


def test_an_index_without_the_source_says_so_and_what_to_do(shelf, monkeypatch):
    (shelf.folder / "index").mkdir()
    monkeypatch.delenv("PICKET_VENDOR_DIR")
    monkeypatch.setenv("PIP_INDEX_URL", (shelf.folder / "index").as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    shelf.pin("lib", {"lib-1.0.tar.gz": "0" * 64}, package="no-such-source-at-all")
    with pytest.raises(EnvironmentError_, match="no such source distribution.*PICKET_VENDOR_DIR"):
        shelf.vendor()


FAKE_APT = """#!{python}
import shutil, sys
from pathlib import Path
log = Path({log!r})
arguments = sys.argv[1:]
if "--print-uris" in arguments:
    for address in {mirrors!r}:
        print(f"'{{address}}/dists/some{{'-security' if 'security' in address else ''}}/InRelease' x 0")
    sys.exit()
options = dict(a[2:].split("=", 1) for a in arguments if a.startswith("-o"))
listed = Path(options["Dir::Etc::SourceList"]).read_text()
with log.open("a") as out:
    out.write(f"{{arguments[-1]}}|{{listed}}")
if "bad" in listed:
    sys.exit("E: 404 Not Found")
if arguments[-1] != "update":
    for file in Path({archives!r}).iterdir():
        shutil.copy(file, ".")
"""


@pytest.fixture
def fake_apt(shelf, monkeypatch):
    """An apt-get that has the shelf's archives, told by its mirrors' addresses whether to fail; returns its log."""

    def install(mirrors: list[str]) -> Path:
        bin_folder = shelf.folder / "bin"
        bin_folder.mkdir()
        log = shelf.folder / "apt.log"
        text = FAKE_APT.format(python=sys.executable, log=str(log), mirrors=mirrors, archives=str(shelf.archives))
        (bin_folder / "apt-get").write_text(text)
        (bin_folder / "apt-get").chmod(0o755)
        monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
        monkeypatch.delenv("PICKET_VENDOR_DIR")
        return log

    return install


def test_apt_is_asked_for_the_suite_at_the_machines_own_mirrors(shelf, fake_apt):
    sha = archive(shelf.archives / "lib.orig.tar.gz", {"top/LICENSE": "free"})
    shelf.pin("lib", {"lib.orig.tar.gz": sha}, kind="debian", suite="wanted", package="lib=1.0-1")
    log = fake_apt(["file:/security", "file:/bad", "file:/good", "file:/never"])
    assert shelf.vendor()["lib"].is_dir()
    asked = log.read_text().splitlines()
    assert asked == [
        "update|deb-src [trusted=yes] file:/bad wanted main",
        "update|deb-src [trusted=yes] file:/good wanted main",
        "lib=1.0-1|deb-src [trusted=yes] file:/good wanted main",
    ]


def test_no_mirror_with_the_package_is_one_clear_error(shelf, fake_apt):
    shelf.pin("lib", {"lib.orig.tar.gz": "0" * 64}, kind="debian", suite="wanted", package="lib=1.0-1")
    fake_apt(["file:/bad"])
    with pytest.raises(
        EnvironmentError_, match=r"lib=1.0-1 \(wanted\): apt can't fetch it: 404 Not Found.*PICKET_VENDOR_DIR"
    ):
        shelf.vendor()


def test_without_apt_a_debian_source_can_still_be_given(shelf, monkeypatch):
    shelf.pin("lib", {"lib.orig.tar.gz": "0" * 64}, kind="debian", suite="wanted", package="lib=1.0-1")
    monkeypatch.setattr(vendor_module.shutil, "which", lambda _: None)
    with pytest.raises(EnvironmentError_, match="apt-get is not here.*PICKET_VENDOR_DIR"):
        shelf.vendor()


def test_the_real_sources_are_all_here():
    folders = vendor()
    assert set(folders) == {"micropython", "umqtt.simple", "monocypher"}
    for name, source in sources().items():
        assert (folders[name] / source.licence).is_file()
    assert "-lmbedtls" in (folders["micropython"] / "extmod" / "extmod.mk").read_text(), "debian/patches are applied"
    assert (folders["monocypher"] / "monocypher.c").is_file()
    assert (vendor_module.DEVICE / "lib" / "umqtt" / "simple.py").is_file()
