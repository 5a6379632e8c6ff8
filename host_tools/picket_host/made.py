"""What is built once and kept in the cache, in a folder of its own named after its content."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def making(product: Path, *, anew: bool = False) -> Iterator[tuple[Path, Path]]:
    """Make a file and what lies beside it; other processes see either nothing or all of it.

    Args:
        product: the file, named as it will be found; its folder is keyed by its content.
        anew: takes the place of what is there; else another process that was quicker has done the work.

    Yields:
        (scratch, made): a folder for what is needed for the moment, and the one that becomes ``product.parent`` when
        the block ends, which lies in it.
    """
    folder = product.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
        scratch = Path(name)
        made = scratch / "made"
        made.mkdir()
        yield scratch, made
        if anew:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            made.rename(folder)
        except OSError:
            if not product.is_file():
                raise
