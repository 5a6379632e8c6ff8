"""Makes the recipe's modules importable the way the bench does it, and one package for all tests."""

import sys

import pytest

from picket_host.models import build_package, recipes
from picket_host.paths import ROOT

recipes.find("heart")
sys.path.insert(0, str(ROOT / "tests" / "support"))


@pytest.fixture(scope="session")
def heart(tmp_path_factory):
    """What was made and measured of a quickly trained package."""
    return build_package("heart", None, None, True, tmp_path_factory.mktemp("heart") / "package")
