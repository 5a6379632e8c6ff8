"""How tests are run: properties come out alike everywhere, and some tests get a second run.

The examples of a property are always the same, and no time limit judges them.
`picket test --hypothesis-profile=default` looks for examples that nobody has tried yet.

A test that drives boards, brokers and gateways in real time can fail because the host stood still for longer than a
protocol waits: those get one more run, and the summary says which wanted it, and why. All others have one run only.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("picket", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("picket")

# A shell that starts tests in the background has all that they start ignore Ctrl-C; some test that it is heard.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_HERE = Path(__file__).parent
_IN_REAL_TIME = (
    "device/link/*",
    "device/update/*",
    "host_tools/bench/*",
    "host_tools/board/*",
    "host_tools/demo/*",
    "host_tools/device/*",
    "host_tools/emulator/*",
    "host_tools/gateway/test_gateway_[bch]*",  # broker, commands, crash, HTTP
    "host_tools/gateway/test_gateway_service.py",
    "host_tools/models/test_models_outside.py",  # a board and a gateway take the models
    "host_tools/models/test_models_update.py",
    "host_tools/release/test_*on_board.py",
    "host_tools/simulator/*",
    "host_tools/test_device_link.py",
    "models/*/test_*_on_board.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.relative_to(_HERE).match(pattern) for pattern in _IN_REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"first run of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
