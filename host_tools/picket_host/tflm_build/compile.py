"""Runs compilers and linkers; what they say becomes the error."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from picket_host.errors import BuildError
from picket_host.progress import SILENT, Progress


def compile_all(
    commands: Sequence[tuple[Sequence[str], Path]], folder: Path, progress: Progress = SILENT, text: str = "compiling"
) -> list[Path]:
    """Compile each file with its command into an object in the folder; the objects in the files' order.

    Raises:
        BuildError: the compiler refused a file.
    """
    objects = [folder / f"{i}-{path.stem}.o" for i, (_, path) in enumerate(commands)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(run, [*command, "-c", str(path), "-o", str(made)], path)
            for (command, path), made in zip(commands, objects, strict=True)
        ]
        for i, job in enumerate(jobs):
            progress.step(text, done=i, total=len(jobs))
            job.result()
    return objects


def run(command: Sequence[str], where: object, folder: Path | None = None) -> str:
    """What the command prints.

    Raises:
        BuildError: it failed; with its first errors.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(list(command), cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode:
        lines = (done.stderr + done.stdout).splitlines()
        said = [line for line in lines if re.search(r"error: (?!ld returned)|undefined reference|Error", line)]
        raise BuildError("\n".join((said or lines)[:3]) or f"{command[0]} failed", where)
    return done.stdout
