"""The whole loop on this machine, for real: train, prove, deploy, sense, break, update, count."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from picket_host.demo import report
from picket_host.demo.releases import Workshop
from picket_host.demo.result import DemoResult, Log, Narrator
from picket_host.demo.scenario import Scenario
from picket_host.demo.stage import Stage
from picket_host.errors import InputError
from picket_host.paths import CACHE, DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release.make import compile_application

_MAX_DROP_POINTS = 1.0


@dataclass(frozen=True)
class Options:
    """What the demo takes.

    Attributes:
        data: folder with real recordings; None: synthesised from bearing physics.
        quick: less training and shorter pauses; the same acts.
        folder: where all files of the run go; emptied first.
    """

    data: Path | None = None
    quick: bool = False
    folder: Path = CACHE / "demo"


def run(options: Options, narrator: Narrator, progress: Progress = SILENT) -> DemoResult:
    """Run all acts and write the report.

    Raises:
        PicketError: a part failed in a way that leaves nothing to go on with; what merely came out wrong stands in ``failures``.
    """
    from picket_host.models import bench, recipes
    from picket_host.simulator import build as simulator
    from picket_host.vendor import vendor

    if options.data is not None and not options.data.is_dir():
        raise InputError("no such folder", options.data, "a folder of recordings; see models/vibration/README.md")
    folder = _fresh(options.folder)
    result = DemoResult(options.quick, str(options.data) if options.data else "synthesised from bearing physics")
    log = Log(result, narrator)
    vendor(progress=progress)
    simulator.build(progress)
    native = _native_modules(progress)

    log.act(1, "Train, quantise, prove")
    recipe = recipes.find("vibration")
    packages = bench.build_packages(recipe, options.data, ("baseline", "better"), options.quick, folder / "models", progress)
    for variant, package in packages.items():
        log.say("host", _describe(variant, package), "good" if package.bit_exact else "bad")
        log.expect(package.bit_exact, f"{variant}: engine and TFLM differ")
    result.models = dict(packages)
    baseline = packages["baseline"]
    result.engine_matches_tflm = all(p.bit_exact for p in packages.values())
    result.accuracy_float, result.accuracy_int8 = baseline.accuracy["float"], baseline.accuracy["int8"]
    result.accuracy_drop_points = round(100 * (baseline.accuracy["float"] - baseline.accuracy["int8"]), 3)
    log.expect(result.accuracy_drop_points <= _MAX_DROP_POINTS, "int8 lies more than one percentage point below float")

    recordings = recipe.recordings(options.data, options.quick, 0)
    (folder / "releases").mkdir()
    workshop = Workshop(folder / "releases", folder / "models" / "baseline", native, progress)
    application = folder / "application"
    compile_application(DEVICE, application, progress=progress)
    shutil.copyfile(DEVICE / "boot.py", application / "boot.py")
    with Stage(folder, log) as stage:
        scenario = Scenario(stage, workshop, result, log, options.quick, progress)
        scenario.deploy(application, recordings)
        scenario.fault("inner_race")
        scenario.outage("outer_race", "ball")
        scenario.updates(folder / "models" / "better")
        scenario.count()
    result.ok = not result.failures
    result.seconds = round(log.elapsed_s(), 1)
    result.report = str(report.write(result, folder / "report.html"))
    return result


def _fresh(folder: Path) -> Path:
    if folder.exists():
        if any(folder.iterdir()) and not (folder / ".picket-demo").exists():
            raise InputError("this folder holds something else", folder, "an empty folder for --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / ".picket-demo").touch()
    return folder


def _native_modules(progress: Progress) -> dict[str, Path]:
    from picket_host.simulator import mpy

    return {"x64": mpy.build("x64", progress)}


def _describe(variant: str, package: object) -> str:
    exact = "same bits as TFLM" if package.bit_exact else "NOT the same bits as TFLM"
    accuracy = ", ".join(f"{name} {100 * value:.2f} %" for name, value in package.accuracy.items())
    return f"{variant}: {accuracy}; {exact}; {package.model_bytes:,} bytes, arena {package.arena_bytes:,} bytes"
