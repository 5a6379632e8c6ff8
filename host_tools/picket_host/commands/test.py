"""``picket test``: every test that can run on this machine."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from picket_host import console
from picket_host.paths import ROOT

_MOST_PROCESSES = 4  # more emulated boards at once would only get into each other's way
# Files stay whole, so that what a module's tests share is made once, and in their order: the longest come early.
_SPREAD = (f"--numprocesses={min(os.cpu_count() or 1, _MOST_PROCESSES)}", "--dist=loadfile", "--no-loadscope-reorder")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(pytest_args: tuple[str, ...]) -> None:
    """Run every test that can run here; what can't run is skipped with its reason.

    Vendored sources and the simulator are made first. Arguments go on to pytest. The whole suite is spread over the
    processors, four at most; what is named runs in one process.

    \b
    Examples:
      picket test                         everything, the demo included
      picket test tests/device            one folder
      picket test -k outbox -x            by name, stopping at the first failure
      picket test -n 0                    everything, in one process
    """
    from picket_host.simulator import build
    from picket_host.vendor import vendor

    with console.progress() as progress:
        vendor(progress=progress)
        build.build(progress)
    chosen = any(not a.startswith("-") and (ROOT / a.split("::")[0]).exists() for a in pytest_args)
    paths = [] if chosen else ["tests", *_SPREAD, "--durations=20", "--durations-min=10"]
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *paths, *pytest_args], cwd=ROOT, env=environment, check=False
    )
    sys.exit(done.returncode)
