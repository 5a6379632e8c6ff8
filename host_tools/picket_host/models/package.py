"""From a recipe to a model package: train, quantise, prove, and write what a release carries.

The package's files are described in docs/contracts.md, "Model package".
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import ModelError
from picket_host.models import anomaly, fits, golden, packing, places, recipes, stream_proof
from picket_host.models.anomaly import AnomalyReport
from picket_host.models.dataset import Dataset
from picket_host.models.keras_bench import KerasBench
from picket_host.models.quantize import to_int8
from picket_host.models.recipes import Recipe
from picket_host.models.streaming import to_streaming
from picket_host.models.tflm import Judge
from picket_host.models.train import Run, RunFolder, train_variants
from picket_host.models.verify import VerifyReport, quantized_inputs, run_tflm, verify_on
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress

FORMAT = 1
FILES = ("model.json", "model.tflite", "pipeline.bin", "anomaly.bin", "golden.bin")


@dataclass(frozen=True)
class PackageReport:
    """A package and all that a report shows of it.

    Attributes:
        folder: the package.
        name: the recipe's name, which is the package's.
        run: data, variant, curves.
        proof: accuracy and confusion of float, int8, TFLM and engine; bit-exactness; size, arenas, operators.
        anomaly: the anomaly score on held-back data; None for a recipe without one.
        golden_vectors: how many travel with the model.
        package_bytes: size of all its files.
    """

    folder: Path
    name: str
    run: Run
    proof: VerifyReport
    anomaly: AnomalyReport | None
    golden_vectors: int
    package_bytes: int


def build_package(
    recipe: str | Recipe,
    data_dir: Path | None,
    variant: str | None,
    quick: bool,
    out: Path,
    progress: Progress = SILENT,
    seed: int = recipes.DEFAULT_SEED,
) -> PackageReport:
    """Train, quantise, prove and package one variant of a recipe; see ``build_packages``."""
    recipe = recipes.find(recipe) if isinstance(recipe, str) else recipe
    name, _ = recipes.variant_of(recipe, variant)
    return build_packages(recipe, data_dir, {name: out}, quick, progress, seed)[name]


def build_packages(
    recipe: str | Recipe,
    data_dir: Path | None,
    outs: Mapping[str, Path],
    quick: bool,
    progress: Progress = SILENT,
    seed: int = recipes.DEFAULT_SEED,
    bench: KerasBench | None = None,
) -> dict[str, PackageReport]:
    """Train, quantise, prove and package variants of a recipe on the same data, in one TensorFlow process.

    Args:
        recipe: a recipe or its name.
        data_dir: recordings; None for those that the recipe synthesises.
        outs: by variant, the folder to write the package to. An older package there is replaced.
        quick: fewer epochs and training samples.
        seed: of everything random.
        bench: a TensorFlow process that was started before and stays; by default one for this call.

    Returns:
        By variant, what was made and measured.

    Raises:
        InputError: data that can't be used, no such recipe or variant, or a folder that holds something else.
        ModelError: a layer can't be quantised, the engine differs from the official runtime, or int8 lost too much
            accuracy.
    """
    recipe = recipes.find(recipe) if isinstance(recipe, str) else recipe
    for out in outs.values():
        check_folder(out)
    own = KerasBench(progress) if bench is None else nullcontext(bench)
    with tempfile.TemporaryDirectory(prefix="picket-runs-") as scratch, own as bench, Judge() as judge:
        folders = {variant: RunFolder(Path(scratch) / variant) for variant in outs}
        paths = {variant: folder.path for variant, folder in folders.items()}
        train_variants(bench, recipe.name, paths, data_dir, quick, seed, progress)
        reports = {}
        for variant, folder in folders.items():
            dataset = folder.dataset()
            folder.tflite_file.write_bytes(to_int8(bench, folder.keras_file, dataset.representative()))
            step = recipes.stream_step(recipe)
            proof = verify_on(bench, judge, folder.keras_file, folder.model(), dataset, progress, step)
            reports[variant] = write_package(judge, recipe, folder, proof, outs[variant], progress)
        return reports


def package_run(path: Path, out: Path, progress: Progress = SILENT) -> PackageReport:
    """Prove a quantised run and write its package. Errors as in ``build_packages``."""
    folder = RunFolder(path)
    recipe = recipes.find(folder.run().recipe)
    check_folder(out)
    dataset, model = folder.dataset(), folder.model()
    fits.check_types(Engine(model), folder.tflite_file)  # at once; the whole when it is known what the device gets
    with KerasBench(progress) as bench, Judge() as judge:
        step = recipes.stream_step(recipe)
        proof = verify_on(bench, judge, folder.keras_file, model, dataset, progress, step)
        return write_package(judge, recipe, folder, proof, out, progress)


def write_package(
    judge: Judge, recipe: Recipe, folder: RunFolder, proof: VerifyReport, out: Path, progress: Progress = SILENT
) -> PackageReport:
    """Write the package of a run that has been proved.

    The folder appears whole or not at all; an older package there is replaced.

    Raises:
        InputError: the folder holds something else.
        ModelError: the proof has a fault, or no device would open the package.
    """
    if proof.fault:
        raise ModelError(proof.fault, folder.path)
    progress.step("packaging")
    run, dataset, model = folder.run(), folder.dataset(), folder.model()
    samples = quantized_inputs(Engine(model), dataset.test.x)
    inputs = golden.choose_inputs(samples, run.seed)
    step = recipes.stream_step(recipe)
    if step is not None:
        streamed = to_streaming(model, step)
        model, inputs = streamed.model, stream_proof.golden_inputs(streamed, samples.squeeze(1), run.seed)
    else:
        model = packing.pack(model)
    fits.check_model(model, recipe.pipeline_kind, recipe.pipeline(), dataset.labels, folder.path)
    outputs = run_tflm(judge, model, inputs)
    table, anomaly_report = _anomaly(recipe, folder, dataset, run.seed)
    if table is not None:
        fits.check_anomaly(table, recipe.pipeline_kind, recipe.pipeline(), folder.anomaly_file)
    description = {
        "format": FORMAT,
        "name": recipe.name,
        "version": run.version,
        "labels": list(dataset.labels),
        "pipeline": {"kind": recipe.pipeline_kind, "params_file": "pipeline.bin"},
        "gate": dict(recipe.gate),
        "metrics": _metrics(proof, anomaly_report),
    }
    contents = {
        "model.json": json.dumps(description, separators=(",", ":")).encode(),
        "model.tflite": model,
        "pipeline.bin": recipe.pipeline(),
        **({} if table is None else {"anomaly.bin": table}),
        "golden.bin": golden.pack(inputs, outputs),
    }
    write_folder(out, contents)
    return PackageReport(
        folder=out,
        name=recipe.name,
        run=run,
        proof=proof,
        anomaly=anomaly_report,
        golden_vectors=len(inputs),
        package_bytes=sum(map(len, contents.values())),
    )


def _anomaly(
    recipe: Recipe, folder: RunFolder, dataset: Dataset, seed: int
) -> tuple[bytes, AnomalyReport] | tuple[None, None]:
    """``anomaly.bin`` and how it does on the held-back part, for a recipe that has one; the run's own comes first."""
    rate = recipe.false_alarm_rate
    if rate is None:
        return None, None
    if folder.anomaly_file.is_file():
        table = folder.anomaly_file.read_bytes()
    else:
        table = anomaly.fit(dataset.train.of_class(0), dataset.validation.of_class(0), rate, seed)
    return table, anomaly.report(table, dataset.test.x, dataset.test.y, dataset.labels, rate)


def _metrics(proof: VerifyReport, anomaly_report: AnomalyReport | None) -> dict[str, float]:
    """The few numbers that travel with the model; the device parses this file in a small heap."""
    metrics = {
        "accuracy": round(proof.scores["engine"].accuracy, 4),
        "accuracy_float": round(proof.scores["float"].accuracy, 4),
        "accuracy_noisy": round(proof.noisy_scores["engine"].accuracy, 4),
    }
    if anomaly_report is not None:
        metrics["false_alarms"] = anomaly_report.false_alarms
    return metrics


def check_folder(out: Path) -> None:
    """Refuse to write a package where anything but an older one would be replaced.

    Raises:
        InputError: the folder holds something else, or can't be written.
    """
    places.check_replaceable(out, FILES, "model.json", "a model package")


def write_folder(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of a package: the folder appears whole or not at all; an older package there is replaced.

    Raises:
        InputError: as ``check_folder``.
    """
    check_folder(out)
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        made.chmod(0o755)
        for name, data in contents.items():
            (made / name).write_bytes(data)
        for name in FILES:
            (out / name).unlink(missing_ok=True)
        made.rename(out)  # takes the place of a folder only if that is empty
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
