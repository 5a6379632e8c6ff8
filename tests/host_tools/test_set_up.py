"""What the set-up installs: locked packages that every installer takes, system packages by command."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re

from click.testing import CliRunner
from packaging.specifiers import SpecifierSet

from picket_host import bootstrap, cli, natmod, system
from picket_host.commands import doctor
from picket_host.paths import ROOT


def test_every_locked_package_says_that_it_runs_on_this_python():
    """pip refuses a package whose Requires-Python leaves this version out; uv passes over an upper bound."""
    locked = re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(locked) > 50
    refused = {}
    for name, version in locked:
        found = importlib.metadata.metadata(name)
        assert found["Version"] == version
        wanted = found.get("Requires-Python") or ""
        if not SpecifierSet(wanted).contains(platform.python_version(), prereleases=True):
            refused[name] = wanted
    assert refused == {}


def test_what_a_command_is_served_with_is_missed_for_it_alone(monkeypatch):
    monkeypatch.setenv("PATH", "")
    missed = {command: {r.package for r in system.missing_for(command)} for command in ("test", "model", "doctor")}
    assert {"qemu-user", "clang", "espeak-ng"} <= missed["test"]
    assert missed["model"] == {"espeak-ng"} and missed["doctor"] == set()
    assert not missed["test"] & {r.package for r in system.missing()}


def test_packages_serve_commands_that_there_are():
    assert {name for r in system.REQUIREMENTS for name in r.serves} <= set(cli.COMMANDS)


def _doctor() -> dict[str, dict]:
    done = CliRunner().invoke(cli.picket, ["doctor", "--json"])
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_a_fresh_set_up_is_told_to_be_ready_for_the_machine_and_what_only_developers_need(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "CACHE", tmp_path)
    found = _doctor()
    assert found["at the machine"]["ok"] and "without a network" in found["at the machine"]["detail"]
    assert not found["simulator"]["ok"] and "for developers" in found["simulator"]["detail"]


def test_a_laptop_without_its_python_packages_is_not_told_to_be_ready(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", missing)
    assert "at the machine" not in _doctor()


def test_the_compilers_of_all_architectures_of_a_bundle_are_installed_for_it():
    served = {r.package for r in system.REQUIREMENTS if r.needed or "bundle" in r.serves}
    for arch in natmod.ARCHITECTURES.values():
        assert set(arch.package.split()[2:]) <= served, arch.name


def test_a_command_that_compiles_has_its_system_packages_looked_after():
    assert "bundle" in bootstrap._COMPILING <= set(cli.COMMANDS)
