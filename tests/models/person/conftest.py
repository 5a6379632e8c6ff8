"""Makes the recipe's modules importable the way the bench does it."""

import sys

from picket_host.models import recipes
from picket_host.paths import TESTS

sys.path[:0] = [str(TESTS / "support"), str(TESTS / "host_tools" / "release")]
recipes.find("person")
