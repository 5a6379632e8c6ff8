"""``picket test``: every test that can run on this machine."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from picket_host import console
from picket_host.paths import ROOT


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(pytest_args: tuple[str, ...]) -> None:
    """Run every test that can run here; what can't run is skipped with its reason.

    Vendored sources and the simulator are made first. Arguments go on to pytest.

    \b
    Examples:
      picket test                         everything, the demo included
      picket test tests/device            one folder
      picket test -k outbox -x            by name, stopping at the first failure
    """
    from picket_host.simulator import build
    from picket_host.vendor import vendor

    with console.progress() as progress:
        vendor(progress=progress)
        build.build(progress)
    chosen = any(not a.startswith("-") and (ROOT / a.split("::")[0]).exists() for a in pytest_args)
    paths = [] if chosen else ["tests", "--durations=20", "--durations-min=10"]
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *paths, *pytest_args], cwd=ROOT, env=environment, check=False
    )
    sys.exit(done.returncode)
