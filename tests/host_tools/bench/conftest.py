"""The support modules on the path."""

import sys

from picket_host.paths import TESTS

sys.path.insert(0, str(TESTS / "support"))
