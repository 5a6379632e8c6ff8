"""int4 weights, by the quantiser of LiteRT's makers: from a float ``.tflite`` to one that TFLM runs."""

from __future__ import annotations

import numpy as np

from picket_host.errors import ModelError
from picket_host.models.worker import Worker, WorkerDied
from picket_host.progress import SILENT, Progress


def quantize(float_model: bytes, representative: np.ndarray, progress: Progress = SILENT) -> bytes:
    """A ``.tflite`` with int4 weights in CONV_2D (per channel) and FULLY_CONNECTED (per tensor), int8 elsewhere.

    Args:
        float_model: float ``.tflite`` with one input, a batch of 1 and a signature.
        representative: float32 [n, ...], typical inputs, from which the activations' scales are taken.

    Raises:
        ModelError: the quantiser refuses the model.
    """
    # A process without TensorFlow: the two LiteRT runtimes in one process read each other's tensors wrongly.
    with Worker("picket_host.models.int4_worker") as worker:
        try:
            _, (model,), _ = worker.ask({}, [float_model, representative], progress)
        except WorkerDied as death:
            last = "".join(f": {line}" for line in death.detail.splitlines()[-1:])
            raise ModelError(f"the int4 quantiser crashed ({death.how}){last}") from None
    return model.tobytes()
