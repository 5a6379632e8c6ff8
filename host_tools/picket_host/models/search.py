"""Architecture search under the device's limits: Optuna proposes, the engine's planner and instruction model judge.

A trial that costs too much is given up before it is trained; one that learns worse than most is given up on the way.
Trials are kept in a journal, so a search that was interrupted goes on where it stood. What a trial proposes depends on
the seed, its number and the trials before it, and on nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from picket_host.errors import InputError, ModelError
from picket_host.models import packing, places, recipes
from picket_host.models.cost import Limits, cost_of
from picket_host.models.dataset import Dataset
from picket_host.models.keras_bench import Job, KerasBench
from picket_host.models.recipes import DEFAULT_SEED
from picket_host.models.standing import Standing, standing
from picket_host.models.train import RunFolder, describe
from picket_host.progress import SILENT, Progress

DEFAULT_TRIALS = 20
# What half the instructions are worth, as a share of the validation windows: half a percentage point.
WORTH_OF_HALF = 0.005

_JOURNAL, _RESULT, _BEST, _DATASET = "trials.journal", "search.json", "best", "dataset.npz"
_STARTUP_TRIALS = 5  # drawn at random, and never given up on the way


@dataclass(frozen=True)
class Trial:
    """One proposal.

    Attributes:
        number: from 0.
        hyperparameters: for the recipe's ``build``.
        state: ``trained``, ``given up`` on the way, ``too large`` for the limits, or ``unfit``: the engine refuses it.
        reason: for the last two.
        weights, flash_bytes, arena_bytes, instructions: what it costs; None where that is not known.
        validation_accuracy: of the float model after the last epoch; None where it was not trained to the end.
    """

    number: int
    hyperparameters: dict[str, Any]
    state: str
    reason: str | None
    weights: int | None
    flash_bytes: int | None
    arena_bytes: int | None
    instructions: int | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class Candidate:
    """A trial on the Pareto front, as int8 on held-back data."""

    trial: Trial
    standing: Standing


@dataclass(frozen=True)
class SearchReport:
    """What a search found.

    Attributes:
        folder: journal, plot, ``best/`` (a run, quantised).
        recipe, variant, seed, limits: what was searched.
        trials: all of them.
        front: no other trial is both more accurate on the validation part and cheaper in instructions; cheapest first.
        best: number of the trial in ``best/``: the one with the best accuracy on the validation part, where half the
            instructions are worth as much as ``WORTH_OF_HALF``.
    """

    folder: Path
    recipe: str
    variant: str
    seed: int
    limits: Limits
    trials: tuple[Trial, ...]
    front: tuple[Candidate, ...]
    best: int


def search(
    recipe: str,
    out: Path,
    limits: Limits,
    trials: int = DEFAULT_TRIALS,
    data_dir: Path | None = None,
    variant: str | None = None,
    quick: bool = False,
    seed: int = DEFAULT_SEED,
    progress: Progress = SILENT,
) -> SearchReport:
    """Search a recipe's space; trials that are already in ``out`` count.

    Args:
        limits: what the device has for the model.
        trials: how many there shall be in all.
        variant: whose training and data augmentation is used; by default the recipe's first.

    Raises:
        InputError: no such recipe or variant, a recipe without a space, or ``out`` holds another search or something
            else.
        ModelError: no trial kept to the limits.
    """
    found = recipes.find(recipe)
    name, plan = recipes.variant_of(found, variant)
    if not hasattr(found, "space"):
        raise InputError("the recipe has no search space", recipe, "give it space(trial), as models/vibration has")
    _check_folder(out)
    out.mkdir(parents=True, exist_ok=True)
    with KerasBench() as bench:
        bench.start()
        progress.step("preparing recordings")
        dataset = found.load(data_dir, quick, seed)
        base = Job(recipe, name, out / _DATASET, seed, quick)
        epochs = plan.quick_epochs if quick else plan.epochs
        study = _study(out, base, limits, dataset, epochs)
        dataset.save(base.dataset)
        while (number := len(study.trials)) < trials:
            progress.step(f"searching {recipe}", number, trials)
            # A sampler of its own for each trial has no state that an interrupt could lose.
            study.sampler = optuna.samplers.TPESampler(seed=seed + 1000 * number, n_startup_trials=_STARTUP_TRIALS)
            _try(bench, study, found, base, limits, epochs, out)
        progress.step("measuring the Pareto front")
        return _conclude(bench, study, base, limits, dataset, out)


def _check_folder(out: Path) -> None:
    """A search goes on with its own folder, and takes none with other things in it: it would write over some."""
    places.check_folder(out)
    if out.is_dir() and not (out / _JOURNAL).is_file() and any(out.iterdir()):
        raise InputError("the folder holds something else", out, "a new folder, or that of an earlier search")


def _study(out: Path, job: Job, limits: Limits, dataset: Dataset, epochs: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = JournalStorage(JournalFileBackend(str(out / _JOURNAL)))
    pruner = optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS, n_warmup_steps=max(1, epochs // 3))
    study = optuna.create_study(
        study_name="search", storage=storage, direction="maximize", pruner=pruner, load_if_exists=True
    )
    what = {
        "recipe": job.recipe,
        "variant": job.variant,
        "seed": job.seed,
        "quick": job.quick,
        "data": dataset.fingerprint,
        "limits": asdict(limits),
    }
    known = study.user_attrs.get("what")
    if known is not None and known != what:
        raise InputError("the folder holds another search", out, "-o another folder")
    study.set_user_attr("what", what)
    for trial in study.trials:
        if trial.state == TrialState.RUNNING:  # cut off by an interrupt
            study.tell(trial.number, state=TrialState.FAIL)
    return study


def _try(
    bench: KerasBench, study: optuna.Study, recipe: Any, base: Job, limits: Limits, epochs: int, out: Path
) -> None:
    trial = study.ask()
    hyperparameters = recipe.space(trial)
    trial.set_user_attr("hyperparameters", hyperparameters)
    job = Job(base.recipe, base.variant, base.dataset, base.seed, base.quick, None, hyperparameters)
    keep = None
    try:
        try:
            weights, model = bench.trial_open(job, trial.number)
            cost = cost_of(packing.pack(model))
        except ModelError as error:
            trial.set_user_attr("unfit", str(error))
            study.tell(trial, state=TrialState.PRUNED)
            return
        trial.set_user_attr("weights", weights)
        trial.set_user_attr("cost", [cost.flash_bytes, cost.arena_bytes, cost.instructions.total])
        if exceeded := limits.exceeded(cost):
            trial.set_user_attr("exceeded", exceeded)
            study.tell(trial, state=TrialState.PRUNED)
            return
        bonus = _bonus(cost.instructions.total)
        for epoch in range(epochs):
            accuracy = bench.trial_step(job, trial.number, epoch)["val_accuracy"]
            trial.report(accuracy + bonus, epoch)
            if epoch + 1 < epochs and trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                return
        keep = _model_file(out, trial.number)
        keep.parent.mkdir(exist_ok=True)
        trial.set_user_attr("val_accuracy", accuracy)
    finally:
        if "weights" in trial.user_attrs:
            bench.trial_close(trial.number, keep)
    study.tell(trial, accuracy + bonus)


def _bonus(instructions: int) -> float:
    """So that the search prefers the cheaper of two models that are equally good."""
    return -WORTH_OF_HALF * math.log2(max(1, instructions))


def _conclude(
    bench: KerasBench, study: optuna.Study, base: Job, limits: Limits, dataset: Dataset, out: Path
) -> SearchReport:
    trials = tuple(_describe(trial) for trial in study.trials)
    trained = [trial for trial in trials if trial.state == "trained"]
    if not trained:
        reasons = [trial.reason for trial in trials if trial.reason]
        what = f"no model of the search space keeps to the limits; the last one: {reasons[-1] if reasons else 'failed'}"
        raise ModelError(what, base.recipe, "higher limits, or more trials")
    front, models = [], {}
    for trial in pareto(trained):
        stands, models[trial.number] = standing(bench, _model_file(out, trial.number), dataset)
        front.append(Candidate(trial, stands))
    chosen = max((c.trial for c in front), key=lambda t: t.validation_accuracy + _bonus(t.instructions))
    folder = RunFolder(out / _BEST)
    folder.begin(dataset)
    folder.keras_file.write_bytes(_model_file(out, chosen.number).read_bytes())
    folder.tflite_file.write_bytes(models[chosen.number])
    job = Job(base.recipe, base.variant, base.dataset, base.seed, base.quick, None, chosen.hyperparameters)
    curves = {"val_accuracy": [chosen.validation_accuracy]}
    derived = {"step": "search", "trial": chosen.number, "limits": asdict(limits)}
    describe(job, dataset, {"weights": chosen.weights, "curves": curves}, derived).save(folder.path)
    report = SearchReport(out, base.recipe, base.variant, base.seed, limits, trials, tuple(front), chosen.number)
    (out / _RESULT).write_text(json.dumps({**asdict(report), "folder": str(out)}, indent=1) + "\n")
    return report


def pareto(trials: Sequence[Trial]) -> list[Trial]:
    """Those that no other beats in both accuracy and instructions, cheapest first."""
    front: list[Trial] = []
    for trial in sorted(trials, key=lambda t: (t.instructions, -t.validation_accuracy, t.number)):
        if not front or trial.validation_accuracy > front[-1].validation_accuracy:
            front.append(trial)
    return front


def _describe(trial: optuna.trial.FrozenTrial) -> Trial:
    attributes = trial.user_attrs
    flash, arena, instructions = attributes.get("cost", (None, None, None))
    if "unfit" in attributes:
        state, reason = "unfit", attributes["unfit"]
    elif "exceeded" in attributes:
        state, reason = "too large", "; ".join(attributes["exceeded"])
    else:
        state, reason = ("trained" if trial.state == TrialState.COMPLETE else "given up"), None
    return Trial(
        number=trial.number,
        hyperparameters=attributes.get("hyperparameters", {}),
        state=state,
        reason=reason,
        weights=attributes.get("weights"),
        flash_bytes=flash,
        arena_bytes=arena,
        instructions=instructions,
        validation_accuracy=attributes.get("val_accuracy"),
    )


def _model_file(out: Path, number: int) -> Path:
    return out / "models" / f"{number}.keras"
