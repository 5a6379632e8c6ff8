"""The style that pyproject.toml asks for is kept everywhere."""

import subprocess
import sys

from picket_host.paths import ROOT


def test_the_linter_has_nothing_to_say():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", ROOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
