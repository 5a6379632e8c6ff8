"""Fuzzes opening and running models with libFuzzer, under AddressSanitizer and UndefinedBehaviorSanitizer.

It starts from sound models of every operator. What it finds is left in the folder: ``corpus/`` grows and is taken up
again by the next run, ``found/`` has inputs that broke something. ``./picket test`` runs it for a minute; for hours:

    python tests/native_module/engine/fuzz.py --minutes 600 --folder fuzz
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from picket_host.native.build import program
from picket_host.native.engine import sources
from picket_host.paths import NATIVE

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parents[1] / "support"))

from all_operator_cases import CASES  # noqa: E402
from small_models import SMALL_MODELS  # noqa: E402

_FLAGS = ("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")
_LARGEST_MODEL = 8192  # bytes; larger ones only make it slow
_DRAWS = 6  # models of each operator to start from


def missing() -> str | None:
    """Why it can't run here; None if it can."""
    if not shutil.which("clang"):
        return "clang is not installed (apt-get install clang libclang-rt-dev)"
    runtime = subprocess.run(["clang", "-print-runtime-dir"], capture_output=True, text=True).stdout.strip()
    folders = [Path(runtime), Path(runtime).parent / "linux"]
    if not any(folder.glob("libclang_rt.fuzzer-*.a") for folder in folders):
        return "clang's runtime library is not installed (apt-get install libclang-rt-dev)"
    return None


def target(compact: bool = False) -> Path:
    """The fuzzing program."""
    flags = (*_FLAGS, "-DPICKET_COMPACT=1", "-DPICKET_SHORT_ERRORS=1") if compact else _FLAGS
    return program("fuzz-model", [_HERE / "fuzz_model.c", *sources()], [NATIVE / "engine", _HERE], flags, ["clang"])


def sound_models() -> Iterator[bytes]:
    """Models to start from."""
    for make in SMALL_MODELS.values():
        yield make()
    for name, draw in CASES.items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        models = [model for _ in range(10 * _DRAWS) if (model := draw(rng)) and len(model) <= _LARGEST_MODEL]
        yield from sorted(models, key=len)[:_DRAWS]


def fuzz(
    folder: Path, seconds: int, jobs: int = 1, compact: bool = False, seed: int = 0
) -> subprocess.CompletedProcess[str]:
    """Fuzz for so long, in so many processes; the usual build of the engine, or the smallest. Seed 0: another a run.

    Returns:
        libFuzzer's end: status 0 when nothing was found, else what it found stands in ``stderr``.
    """
    corpus, found = folder / "corpus", folder / "found"
    for made in (corpus, found):
        made.mkdir(parents=True, exist_ok=True)
    for model in sound_models():
        (corpus / hashlib.sha1(model).hexdigest()).write_bytes(model)
    command = [
        *(str(target(compact)), f"-max_total_time={seconds}", f"-max_len={_LARGEST_MODEL}", f"-seed={seed}"),
        *(
            "-timeout=300",  # of one model: a loop without end, and not a host that stands still
            "-rss_limit_mb=2048",
            "-use_value_profile=1",
            "-reload=1",
            "-print_final_stats=1",
            f"-artifact_prefix={found}/",
        ),
        *((f"-fork={jobs}",) if jobs > 1 else ()),
        str(corpus),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds + 900)


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the portable engine.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--compact", action="store_true", help="the smallest build of the engine")
    parser.add_argument("--folder", type=Path, required=True, help="keeps the corpus and what was found")
    options = parser.parse_args()
    if reason := missing():
        parser.error(reason)
    done = fuzz(options.folder, round(options.minutes * 60), options.jobs, options.compact)
    print(done.stderr[-4000:])
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
