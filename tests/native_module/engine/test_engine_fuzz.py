"""A minute of fuzzing; fuzz.py runs it for hours."""

import re

import fuzz
import pytest

SECONDS = 60
# A run that did less has not begun to look.
FEWEST_EXECUTIONS = 2000


def test_fuzzing_finds_nothing(tmp_path):
    if reason := fuzz.missing():
        pytest.skip(reason)
    executions = seed = 0
    while executions <= FEWEST_EXECUTIONS:  # once, unless the machine has better things to do
        seed += 1
        done = fuzz.fuzz(tmp_path, SECONDS, seed=seed)
        assert done.returncode == 0, done.stderr[-4000:]
        executions += int(re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)[1])
