"""Makes the recipe's modules importable the way the bench does it."""

import shutil

import pytest

from picket_host.models import recipes

recipes.find("wakeword")


@pytest.fixture(scope="session")
def espeak():
    """Skips where nothing can speak."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
