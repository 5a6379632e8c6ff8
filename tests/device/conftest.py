"""Lets the device's modules be imported as on the board: its folders on the path, and the names that umqtt imports."""

import binascii
import socket
import struct
import sys

import pytest

from picket_host.paths import DEVICE
from picket_host.vendor import vendor

vendor(["umqtt.simple"])

for folder in (DEVICE / "lib", DEVICE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

for name, module in (("usocket", socket), ("ustruct", struct), ("ubinascii", binascii)):
    sys.modules.setdefault(name, module)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    """For files that a test writes: it can't know tmp_path, because it runs under MicroPython, too."""
    monkeypatch.chdir(tmp_path)
