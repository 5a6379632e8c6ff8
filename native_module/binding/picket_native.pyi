"""Inference, signal processing and signature check for MicroPython, in C.

Built into the simulator and into firmware, or imported from ``picket_native.mpy`` on stock firmware: the same sources,
the same names, the same bits.

Arguments are checked: a wrong type code, a short buffer or a damaged file is a ``ValueError`` whose text begins with
the argument's name. What is marked *does not allocate* runs under ``micropython.heap_lock()``.
"""

from array import array
from collections.abc import Buffer
from typing import NamedTuple

class Tensor(NamedTuple):
    """An input or output of a model."""

    shape: tuple[int, ...]
    dtype: str
    """``"int8"``, ``"int16"``, ``"int32"``, ``"int64"``, ``"uint8"``, ``"bool"`` or ``"float32"``."""
    scale: float
    """real = scale * (quantised - zero_point); 0.0 where the tensor is not quantised."""
    zero_point: int
    nbytes: int

class Model:
    """A ``.tflite`` model, ready to run.

    The file is checked whole before anything of it is used; a damaged or hostile file is an exception. Its weights are
    used where they lie. Several models can be open at once.
    """

    engine: str
    """``"portable"`` or ``"tflm"``."""
    arena_bytes: int
    """Memory that the model works in: activations, scratch and the engine's own state."""
    ops: tuple[str, ...]
    """Names of the operators in the order of their execution, such as ``"CONV_2D"``."""
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __init__(self, buffer: Buffer, arena: Buffer | None = None) -> None:
        """Open a model.

        Args:
            buffer: the file, aligned to 4 bytes (every ``bytes``, ``bytearray`` and memory-mapped file is). The model
                keeps it alive; it must not be changed or resized.
            arena: memory to work in, aligned to 8 bytes; allocated when None. The model keeps it alive; several models
                that never run at once must still have an arena each.

        Raises:
            ValueError: not a model that this engine can run; the text says what is wrong and where: operator, tensor or
                position in the file.
            MemoryError: no room for the arena, or the given one is too small; the text says how many bytes it takes.
        """

    def input(self, i: int = 0, /) -> memoryview:
        """View of input ``i`` in the arena, with the type code of its dtype (``'b'`` for int8). Does not allocate."""

    def output(self, i: int = 0, /) -> memoryview:
        """View of output ``i`` in the arena; valid until the next ``invoke``. Does not allocate."""

    def invoke(self) -> None:
        """Run the model. The inputs may be overwritten: fill them anew before each run. Does not allocate."""

    def reset(self) -> None:
        """Back to the state of a model that was just opened: its variables have their initial values.

        For models that keep a state between runs. Allocates for as long as it takes; views of inputs and outputs stay
        valid, what they show does not.

        Raises:
            MemoryError: no room to work in; the state is as it was.
        """

    def quantize(self, i: int, floats: array[float], /) -> None:
        """Put real values (``array('f')``, one for each element) into input ``i``.

        Rounds half away from zero, saturates; NaN becomes the zero point. Does not allocate.
        """

    def dequantize(self, i: int, floats: array[float], /) -> None:
        """Put the real values of output ``i`` into ``floats`` (``array('f')``). Does not allocate."""

    def profile(self) -> list[tuple[str, int]]:
        """Run the model once on what its inputs hold, and return each operator's name and microseconds."""

def gather_i16(src: Buffer, out: array[int], count: int, stride: int, offset: int, at: int = 0, /) -> None:
    """``out[at + k] = little-endian int16 at src[k * stride + offset]`` for ``k < count``. Does not allocate.

    Picks one axis out of interleaved samples or FIFO words. ``out`` is an ``array('h')``.
    """

def narrow_i32(src: Buffer, out: array[int], count: int, shift: int, start: int = 0, at: int = 0, /) -> None:
    """``out[at + k] = little-endian int32 number start + k of src``, shifted right, for ``k < count``.

    Saturates. Does not allocate. A microphone's samples to counts: ``shift`` is 16 less the bits of gain.
    """

def window_stats(x: array[int], scale: float, out: array[float], /) -> None:
    """Mean, rms about the mean, peak, crest factor, kurtosis, skewness of a window. Does not allocate.

    Args:
        x: ``array('h')`` of 1 to 16384 counts.
        scale: units per count, positive.
        out: ``array('f')`` of at least 6, in the order above.
    """

def fit_pixels(src: Buffer, src_width: int, src_height: int, out: Buffer, width: int, height: int, /) -> None:
    """The largest part from the middle of a grey picture that has the shape of ``out``, shrunk to it by areas.

    Does not allocate.

    Args:
        src: a byte a pixel, row by row, at least ``src_width * src_height``.
        out: ``width * height`` bytes, not those of ``src``.
    """

def pixel_stats(pixels: Buffer, out: array[int], /) -> None:
    """Darkest, brightest and mean pixel, and two numbers that equal pictures share and others hardly ever.

    Does not allocate. ``out`` is an ``array('h')`` of at least 5.
    """

def center_pixels(pixels: Buffer, out: Buffer, /) -> None:
    """``pixel - 128`` of each byte, as an int8 model takes pictures. Does not allocate."""

class Vibration:
    """Features of windows of acceleration, for faults of rolling bearings; described in ``dsp/vibration.h``."""

    features: int
    """Length of the feature vector."""
    window: int
    """Samples in a window."""
    rate_hz: int
    """Sampling rate, rounded to whole hertz."""
    hop_ms: int
    """Time from the start of a window to the start of the next."""
    samples: memoryview
    """Room for a window of counts, type ``h``, in the working memory itself: ``compute`` uses up what lies there."""

    def __init__(self, params: Buffer, /) -> None:
        """``params`` are the bytes of ``pipeline.bin``; nothing of them is kept. Takes about 5 bytes a sample."""

    def compute(self, x: array[int], out: array[float], /) -> None:
        """One window of counts, ``array('h')`` or ``samples``, to one feature vector, ``array('f')``.

        Does not allocate.
        """

class Mel:
    """Log-mel frames of a stream of sound, each band against its own background; described in ``dsp/mel.h``."""

    bands: int
    """Values of a frame."""
    hop: int
    """Samples from frame to frame."""
    step: int
    """Frames that the model takes at a time."""
    rate_hz: int
    """Sampling rate, rounded to whole hertz."""

    def __init__(self, params: Buffer, /) -> None:
        """``params`` are the bytes of ``pipeline.bin``; nothing of them is kept. Takes about 8 bytes a sample."""

    def feed(self, x: array[int], out: array[float], /) -> int:
        """Take the next samples, ``array('h')``; the number of frames that they complete. Does not allocate.

        Args:
            x: any number of samples. The same stream gives the same frames, however it is cut into pieces.
            out: ``array('f')`` with room for these frames, which are written to its beginning.
        """

    def reset(self) -> None:
        """Forget all that was heard: what comes next is the beginning of a stream. Does not allocate."""

class Motion:
    """Features of a body's motion, in windows that overlap; described in ``dsp/motion.h``."""

    features: int
    """Length of the feature vector."""
    hop: int
    """Frames from window to window."""
    rate_hz: int
    """Frames a second, rounded to whole hertz."""

    def __init__(self, params: Buffer, /) -> None:
        """``params`` are the bytes of ``pipeline.bin``; nothing of them is kept. Takes 24 bytes for each bin."""

    def feed(self, frames: array[int], out: array[float], /) -> None:
        """Take the next hop of frames and give the features of the window that ends with it. Does not allocate.

        Args:
            frames: ``array('h')`` of ax ay az temperature gx gy gz, ``hop`` times.
            out: ``array('f')`` of at least ``features``.
        """

    def reset(self) -> None:
        """Forget all that was felt: what comes next is the beginning of a stream. Does not allocate."""

class Heart:
    """Heartbeats in a stream of light, and how the time between them varies; described in ``dsp/heart.h``."""

    features: int
    """Length of the feature vector."""
    hop: int
    """Samples that the device takes at a time."""
    span_s: int
    """Seconds that the features are made of."""
    rate_hz: int
    """Sampling rate, rounded to whole hertz."""

    def __init__(self, params: Buffer, /) -> None:
        """``params`` are the bytes of ``pipeline.bin``; nothing of them is kept. Takes about 1.2 KB."""

    def feed(self, x: array[int], /) -> None:
        """Take the next samples, ``array('h')``, any number of them. Does not allocate."""

    def compute(self, out: array[float], /) -> int:
        """Features of the newest span, ``array('f')``; the normal intervals that they are made of. Does not allocate.

        0 when these are too few; the features are zeros then.
        """

    def reset(self) -> None:
        """Forget all beats: what comes next is the beginning of a stream. Does not allocate."""

def centroid_distance(features: array[float], table: Buffer, /) -> int:
    """Distance of a feature vector to the nearest centroid of ``anomaly.bin``. Does not allocate.

    In thousandths of the table's threshold: 1000 is exactly at it. 0 to 999999.
    """

class Complementary:
    """Attitude by a complementary filter on the direction of gravity; described in ``dsp/fusion.h``."""

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, tau_s: float, /) -> None: ...
    def update(self, frame: array[int], out: array[int], /) -> None:
        """One reading to roll and pitch in hundredths of a degree. Does not allocate.

        Args:
            frame: ``array('h')``: ax ay az gx gy gz, or with the temperature between them (an MPU-6050's burst).
            out: ``array('h')`` of at least 2.
        """

class Kalman:
    """Attitude by a Kalman filter per axis with the gyroscope's bias; described in ``dsp/fusion.h``."""

    def __init__(
        self,
        rate_hz: float,
        accel_lsb_per_g: float,
        gyro_lsb_per_dps: float,
        angle_noise: float,
        bias_noise: float,
        measure_noise: float,
        /,
    ) -> None: ...
    def update(self, frame: array[int], out: array[int], /) -> None:
        """As ``Complementary.update``."""

class Madgwick:
    """Attitude by Madgwick's gradient-descent filter; described in ``dsp/fusion.h``."""

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, beta: float, /) -> None: ...
    def update(self, frame: array[int], out: array[int], /) -> None:
        """As ``Complementary.update``, with the yaw (relative to the start) as third value of ``out``."""

def verify(signature: Buffer, public_key: Buffer, message: Buffer, /) -> bool:
    """Whether the holder of the key signed exactly this message: EdDSA over Curve25519 with BLAKE2b (Monocypher).

    Args:
        signature: 64 bytes.
        public_key: 32 bytes.
        message: any bytes.
    """
