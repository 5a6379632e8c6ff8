"""``picket doctor``: what is missing on this machine and how to get it."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from dataclasses import dataclass

import click

from picket_host import console, system
from picket_host.errors import PicketError
from picket_host.paths import CACHE, ROOT


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool
    needed: bool
    detail: str
    fix: str | None = None


def _python_checks() -> list[Check]:
    checks = [
        Check("python", sys.version_info >= (3, 11), True, sys.version.split()[0], "install Python 3.11 or newer")
    ]
    wrong = []
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)==([^ ;\\]+)", line)
        if not match:
            continue
        name, version = match.groups()
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = None
        if found != version:
            wrong.append(f"{name} is {found or 'missing'}, locked is {version}")
    detail = "as locked" if not wrong else "; ".join(wrong[:5])
    checks.append(Check("python packages", not wrong, True, detail, "remove .venv and run ./picket again"))
    return checks


def _system_checks() -> list[Check]:
    return [
        Check(r.package, present, r.needed, r.purpose, None if present else "sudo " + system.install_command([r]))
        for r in system.REQUIREMENTS
        for present in [r.present()]
    ]


def _cache_checks() -> list[Check]:
    built = any((CACHE / "sim").glob("*/micropython"))
    fetched = (ROOT / "device" / "lib" / "umqtt").is_dir()
    developers = "for developers; what wants it makes it, with a network"
    return [
        Check("simulator", built, False, "built" if built else f"not built yet ({developers})", "./picket build sim"),
        Check(
            "vendored sources",
            fetched,
            False,
            "device/lib and .cache/vendor" if fetched else f"not fetched yet ({developers})",
            "./picket build sim",
        ),
    ]


def _at_the_machine(python: list[Check]) -> list[Check]:
    """That a technician can go: bundles and ``picket device`` use nothing but the Python environment."""
    detail = "picket device and picket sync BUNDLE work on this laptop, also without a network"
    return [Check("at the machine", True, True, detail)] if all(check.ok for check in python) else []


@click.command()
@console.json_option
def command(as_json: bool) -> None:
    """Say what is missing on this machine and how to get it.

    \b
    Examples:
      picket doctor
      picket doctor --json

    Exits 1 when something is missing that Picket cannot do without.
    """
    python = _python_checks()
    checks = [*python, *_at_the_machine(python), *_system_checks(), *_cache_checks()]
    console.emit(
        {"ok": all(c.ok or not c.needed for c in checks), "checks": checks}, as_json, lambda _: _render(checks)
    )
    lacking = [c.name for c in checks if c.needed and not c.ok]
    if lacking:
        raise PicketError("this machine lacks " + ", ".join(lacking), hint="the commands shown above")


def _render(checks: list[Check]) -> None:
    for check in checks:
        mark = "[green]✓[/]" if check.ok else ("[red]✗[/]" if check.needed else "[yellow]–[/]")
        fix = "" if check.ok or not check.fix else f"\n    [dim]{check.fix}[/]"
        console.out.print(f"{mark} {check.name:30} {check.detail}{fix}")
