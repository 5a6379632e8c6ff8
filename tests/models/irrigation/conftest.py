"""Makes the recipe's modules importable the way the bench does it, and a package once for all tests."""

from __future__ import annotations

import sys

import pytest

from picket_host.models import recipes
from picket_host.models.package import PackageReport, build_package
from picket_host.paths import TESTS

recipes.find("irrigation")
if str(TESTS / "support") not in sys.path:
    sys.path.insert(0, str(TESTS / "support"))


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> PackageReport:
    """The quick model, trained, quantised, proven and packaged."""
    return build_package("irrigation", None, None, True, tmp_path_factory.mktemp("irrigation") / "package")
