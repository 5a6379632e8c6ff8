"""Golden vectors: inputs and the outputs that the official TFLM runtime gives for them.

A device activates a model only after it has reproduced them bit for bit. The file (``golden.bin``): ``PGV1``, u32
count, u32 input_bytes, u32 output_bytes, then for each vector the input's and the output's bytes; little-endian.
"""

from __future__ import annotations

import struct

import numpy as np

from picket_host.errors import InputError, ModelError

_HEADER = struct.Struct("<4sIII")
_MAGIC = b"PGV1"
_REAL = 24
_RANDOM = 6
# Large inputs are fewer: a device downloads them all and runs the model on each before it believes in it.
_MOST_BYTES = 64 << 10
_DTYPES = (np.dtype(np.int8), np.dtype(np.int16))


def choose_inputs(samples: np.ndarray, seed: int) -> np.ndarray:
    """Inputs that exercise a model: real ones spread over the samples, random ones, and both ends of the range.

    There are 32 of them, or as many as make 64 KiB (but no fewer than 5).

    Args:
        samples: int8 or int16 [n, ...], quantised inputs; n may be 0.

    Returns:
        of the same type, [m, ...].
    """
    rng = np.random.default_rng(seed)
    most = _MOST_BYTES // (int(np.prod(samples.shape[1:])) * samples.itemsize)
    random = min(_RANDOM, max(1, most // 4))
    real = min(_REAL, max(2, most - random - 2), len(samples))
    picked = samples[np.linspace(0, max(0, len(samples) - 1), real).astype(int)]
    shape = samples.shape[1:]
    limits = np.iinfo(samples.dtype)
    noise = rng.integers(limits.min, limits.max + 1, (random, *shape)).astype(samples.dtype)
    ends = np.stack([np.full(shape, end, samples.dtype) for end in (limits.min, limits.max)])
    return np.concatenate([picked, noise, ends])


def pack(inputs: np.ndarray, outputs: np.ndarray) -> bytes:
    """``golden.bin`` from [n, ...] inputs and [n, ...] outputs, int8 or int16."""
    integers = inputs.dtype in _DTYPES and outputs.dtype in _DTYPES
    if len(inputs) != len(outputs) or not integers:
        raise InputError(
            f"{len(inputs)} {inputs.dtype} inputs and {len(outputs)} {outputs.dtype} outputs make no vectors"
        )
    pairs = b"".join(_bytes(source) + _bytes(target) for source, target in zip(inputs, outputs, strict=True))
    return _HEADER.pack(_MAGIC, len(inputs), inputs[0].nbytes, outputs[0].nbytes) + pairs


def _bytes(values: np.ndarray) -> bytes:
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def unpack(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The inputs and outputs in ``golden.bin`` as bytes: int8 [n, input_bytes] and int8 [n, output_bytes].

    Raises:
        ModelError: not such a file.
    """
    try:
        magic, count, input_bytes, output_bytes = _HEADER.unpack_from(data)
    except struct.error as error:
        raise ModelError("golden.bin is too short for its header") from error
    expected = _HEADER.size + count * (input_bytes + output_bytes)
    if magic != _MAGIC or len(data) != expected:
        raise ModelError(f"golden.bin does not begin with PGV1 or has {len(data)} bytes instead of {expected}")
    pairs = np.frombuffer(data, np.int8, offset=_HEADER.size).reshape(count, input_bytes + output_bytes)
    return pairs[:, :input_bytes], pairs[:, input_bytes:]
