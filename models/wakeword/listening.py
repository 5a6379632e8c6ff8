"""How often the wake word is missed, and how often something else is taken for it: whole scenes through the device's
form of the model and through its gate, as they would go by at a device."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from picket_host import device_code
from picket_host.models.quantisation import quantize
from picket_host.native.dsp import Mel
from picket_host.native.engine import Engine

from .scenes import Background, Scene, scene
from .speech import RATE_HZ, plan, synthesise

_TOGETHER = 30  # utterances in a scene of a trial
_LATEST_S = 0.8  # after the word: what comes later is not its alert


@dataclass(frozen=True)
class Hearing:
    """What came of some scenes.

    Attributes:
        seconds: their length.
        spoken: how often the wake word was said.
        missed: of those, without an alert.
        false_accepts: alerts without the word.
        taken_for_it: what was being said at a false accept (``""`` between words), and how often.
        delay_s: median from the word's end to its alert; None without any.
    """

    seconds: float
    spoken: int
    missed: int
    false_accepts: int
    taken_for_it: dict[str, int]
    delay_s: float | None

    @property
    def false_rejects(self) -> float:
        """Share of the wake words that were missed."""
        return self.missed / self.spoken if self.spoken else 0.0

    @property
    def false_accepts_per_hour(self) -> float:
        return self.false_accepts * 3600 / self.seconds

    def figures(self) -> dict[str, Any]:
        """All of them by name."""
        rates = {"false_rejects": self.false_rejects, "false_accepts_per_hour": self.false_accepts_per_hour}
        return {**asdict(self), **rates}


def listen(scenes: Iterable[Scene], model: bytes, word: str, params: bytes, gate: Mapping[str, int]) -> Hearing:
    """Let scenes go by.

    Args:
        model: the streaming ``.tflite``.
        word: the wake word, the second of two classes.
        params: of the log-mel features.
        gate: the settings of the device's gate.
    """
    mel, engine = Mel(params), Engine(model)
    settings = device_code.load("infer.gate_settings").complete(dict(gate))
    make_gate = device_code.load("infer.gate").Gate
    seconds, spoken, missed, delays, taken = 0.0, 0, 0, [], Counter()
    for made in scenes:
        alerts = _alerts(made, engine, mel, make_gate(["background", word], settings))
        seconds += len(made.samples) / RATE_HZ
        own = [(s.start / RATE_HZ, s.end / RATE_HZ) for s in made.spoken if s.word == word]
        spoken += len(own)
        for start, end in own:
            found = [at for at in alerts if start <= at <= end + _LATEST_S]
            alerts = [at for at in alerts if at not in found]
            missed += not found
            delays += [found[0] - end] if found else []
        for at in alerts:
            heard = [s.word for s in made.spoken if s.start / RATE_HZ <= at <= s.end / RATE_HZ + _LATEST_S]
            taken[heard[0] if heard else ""] += 1
    delay_s = float(np.median(delays)) if delays else None
    return Hearing(seconds, spoken, missed, sum(taken.values()), dict(taken.most_common()), delay_s)


def trial(package: Path, seed: int = 1) -> dict[str, Hearing]:
    """All that the held-back voices say to a model package, in little noise (``clear``) and in much (``noisy``)."""
    description = json.loads((package / "model.json").read_bytes())
    model = (package / "model.tflite").read_bytes()
    word = description["labels"][1]
    said = synthesise(plan("test", False))
    behind = Background([utterance for utterance in said if utterance.word != word])
    heard = {}
    for name, snr_db in (("clear", (10.0, 40.0)), ("noisy", (0.0, 10.0))):
        rng = np.random.default_rng(seed)
        groups = np.array_split(rng.permutation(len(said)), len(said) // _TOGETHER)
        scenes = (scene([said[i] for i in group], behind, snr_db, rng) for group in groups)
        heard[name] = listen(scenes, model, word, (package / "pipeline.bin").read_bytes(), description["gate"])
    return heard


def _alerts(made: Scene, engine: Engine, mel: Mel, gate: object) -> list[float]:
    """When the gate says that the word was heard, seconds."""
    frames = mel.frames(made.samples)
    source, target = engine.inputs[0], engine.outputs[0]
    steps = len(frames) // mel.step
    inputs = quantize(frames[: steps * mel.step].reshape(steps, -1), source.scale, source.zero_point)
    percents = np.clip((np.arange(-128, 128) - target.zero_point) * target.scale * 100 + 0.5, 0, 100).astype(int)
    alerts = []
    for i, step in enumerate(inputs.reshape(steps, *source.shape)):
        output = engine.invoke([step])[0].ravel()
        event = gate.feed([int(percents[int(q) + 128]) for q in output], 0)
        while event:
            if event.on:
                alerts.append((i + 1) * mel.step * mel.hop / RATE_HZ)
            event = gate.more()
    return alerts
