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
from picket_host.models.verify import VerifyReport
from picket_host.paths import CACHE, DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release.make import compile_application

_MARKER = ".picket-demo"  # of folders that a demo may empty


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
        PicketError: a part failed in a way that leaves nothing to go on with; what merely came out wrong stands in
            ``failures``.
    """
    from picket_host import natmod
    from picket_host.models import build_packages, recipes
    from picket_host.models.keras_bench import KerasBench
    from picket_host.simulator import build as simulator
    from picket_host.vendor import vendor

    if options.data is not None and not options.data.is_dir():
        raise InputError("no such folder", options.data, "a folder of recordings; see models/vibration/README.md")
    result = DemoResult(options.quick, str(options.data) if options.data else "synthesised from bearing physics")
    log = Log(result, narrator)
    # Whatever can go wrong before this run has files of its own does so before those of the last one go.
    folder = _claim(options.folder, options.data)
    recipe = recipes.find("vibration")
    with KerasBench(progress) as bench:
        bench.start()  # importing TensorFlow takes as long as all that comes before it is wanted
        progress.step("reading the recordings")
        recordings = recipe.recordings(options.data)
        vendor(progress=progress)
        simulator.build(progress)
        native = {"x64": natmod.build("x64", progress).path}
        _empty(folder)

        log.act(1, "Train, quantise, prove")
        outs = {variant: folder / "models" / variant for variant in ("baseline", "better")}
        packages = build_packages(recipe, options.data, outs, options.quick, progress, bench=bench)
    for variant, package in packages.items():
        log.say("host", _describe(variant, package.proof), "good")
    result.models = dict(packages)
    result.engine_matches_tflm = all(p.proof.bit_exact for p in packages.values())
    scores = packages["baseline"].proof.scores
    result.accuracy_float, result.accuracy_int8 = scores["float"].accuracy, scores["engine"].accuracy
    result.accuracy_drop_points = round(100 * (result.accuracy_float - result.accuracy_int8), 3)

    (folder / "releases").mkdir()
    workshop = Workshop(folder / "releases", folder / "models" / "baseline", native, progress)
    application = folder / "application"
    application.mkdir()
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


def _claim(folder: Path, data: Path | None) -> Path:
    """Make the folder a demo's, with what an earlier demo may have left in it.

    Raises:
        InputError: it holds something else, or can't be made.
    """
    hint = "an empty folder for --out"
    if data is not None and data.resolve().is_relative_to(folder.resolve()):
        raise InputError("holds the recordings, and would be emptied", folder, hint)
    marker = folder / _MARKER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not marker.exists():
            raise InputError("this folder holds something else", folder, hint)
        marker.touch()
    except OSError as error:
        what = "this is no folder" if isinstance(error, FileExistsError) else f"can't be used: {error.strerror}"
        raise InputError(what, folder, hint) from error
    return folder


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != _MARKER:
            entry.unlink()


def _describe(variant: str, proof: VerifyReport) -> str:
    accuracy = ", ".join(f"{name} {100 * score.accuracy:.2f} %" for name, score in proof.scores.items())
    return f"{variant}: {accuracy}; same bits as TFLM; {proof.model_bytes:,} bytes, arena {proof.arena_bytes:,} bytes"
