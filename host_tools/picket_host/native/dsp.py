"""Signal processing of the native module on the host: the very C code that the device runs, so features can't drift.

Arrays go in and come out with the types that the device uses (int16 samples, float32 features); anything else is an
error rather than a silent conversion.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from picket_host.errors import InputError
from picket_host.native.build import Native, build, declarations
from picket_host.paths import NATIVE

_FOLDER = NATIVE / "dsp"


@functools.cache
def native() -> Native:
    """The library with every function of ``native_module/dsp``, compiled when a source has changed."""
    # The status first: the others use its type.
    headers = sorted(_FOLDER.glob("*.h"), key=lambda path: (path.name != "dsp_status.h", path.name))
    return build("dsp", declarations(*headers), sorted(_FOLDER.glob("*.c")), [_FOLDER])


class WindowStats(NamedTuple):
    """Statistics of a window; definitions in ``native_module/dsp/window_stats.h``."""

    mean: float
    rms: float
    peak: float
    crest: float
    kurtosis: float
    skewness: float


def window_stats(x: NDArray[np.int16], scale: float = 1.0) -> WindowStats:
    """Statistics of one window.

    Args:
        x: int16, shape (samples,), at least 1 and at most 16384 samples.
        scale: units per count.

    Raises:
        InputError: wrong type, shape or length.
    """
    x = _vector(x, np.int16, "samples")
    limit = native().lib.PICKET_STATS_MAX_SAMPLES
    if not 1 <= x.size <= limit:
        raise InputError(f"{x.size} samples in a window", hint=f"1 to {limit} samples")
    out = np.empty(len(WindowStats._fields), np.float32)
    native().lib.picket_window_stats(_pointer(x), x.size, scale, _pointer(out))
    return WindowStats(*out.tolist())


def rfft(x: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Real Fourier transform, as ``numpy.fft.rfft``.

    Args:
        x: float32, shape (n,), n a power of two from 8 to 16384.

    Returns:
        complex64, shape (n/2 + 1,).

    Raises:
        InputError: wrong type, shape or length.
    """
    work = _vector(x, np.float32, "samples").copy()
    if work.size & (work.size - 1) or not 8 <= work.size <= 16384:
        raise InputError(f"{work.size} samples to transform", hint="a power of two from 8 to 16384")
    table = _cosines(work.size)
    native().lib.picket_rfft(_pointer(work), work.size, _pointer(table), work.size)
    half = work.size // 2
    spectrum = np.empty(half + 1, np.complex64)
    spectrum[0], spectrum[half] = work[0], work[1]
    spectrum[1:half] = work[2:].view(np.complex64)
    return spectrum


@functools.lru_cache(maxsize=8)
def _cosines(wave: int) -> NDArray[np.float32]:
    table = np.empty(wave // 4 + 1, np.float32)
    native().lib.picket_cosines_init(_pointer(table), wave)
    return table


def vibration_params(
    *,
    window: int = 4096,
    hop_ms: int = 250,
    rate_hz: float = 26667.0,
    g_per_count: float = 1 / 4096,
    bands: int = 32,
    band_hz: tuple[float, float] = (50.0, 6300.0),
    envelope_bands: int = 32,
    envelope_hz: tuple[float, float] = (26.0, 1000.0),
    carrier_hz: tuple[float, float] = (1500.0, 5500.0),
) -> bytes:
    """The parameters of vibration features (``pipeline.bin``); layout in ``native_module/dsp/vibration.h``.

    Args:
        window: samples, a power of two.
        hop_ms: from the start of a window to the start of the next.
        rate_hz: sampling rate.
        g_per_count: acceleration of one count.
        bands: logarithmically spaced bands of the spectrum within ``band_hz``; the accelerometer's own bandwidth limits
            them from above (6.3 kHz for the IIS3DWB).
        envelope_bands: logarithmically spaced bands of the envelope's spectrum within ``envelope_hz``, where the
            faults' passing frequencies lie.
        carrier_hz: the band of structural resonances that is demodulated.

    Raises:
        InputError: what the device would refuse, such as more bands than there are bins.
    """
    bin_hz = rate_hz / window
    carrier = [round(hz / bin_hz) for hz in carrier_hz]
    try:
        params = b"".join(
            (
                b"PVF1",
                np.array([window, hop_ms], "<u2").tobytes(),
                np.array([round(rate_hz * 1000)], "<u4").tobytes(),
                np.array([g_per_count], "<f4").tobytes(),
                np.array([bands, envelope_bands, carrier[0], carrier[1] - carrier[0]], "<u2").tobytes(),
                log_edges(bands, *(hz / bin_hz for hz in band_hz)).astype("<u2").tobytes(),
                log_edges(envelope_bands, *(hz / bin_hz for hz in envelope_hz)).astype("<u2").tobytes(),
            )
        )
    except OverflowError as error:
        raise InputError(f"a parameter of the vibration features is out of range: {error}") from error
    _measure(params)
    return params


def log_edges(count: int, low: float, high: float) -> NDArray[np.int64]:
    """Edges of ``count`` bands, spaced logarithmically from bin ``low`` to bin ``high``, each at least one bin wide.

    Returns:
        int64, shape (count + 1,), strictly ascending.

    Raises:
        InputError: more bands than bins.
    """
    if not (count >= 1 and low >= 1 and round(high) - round(low) >= count):
        raise InputError(
            f"{count} bands do not fit between the bins {low:.1f} and {high:.1f}", hint="fewer bands or a wider range"
        )
    edges = np.round(np.geomspace(low, high, count + 1)).astype(np.int64)
    # Bands narrower than a bin, at the low end, are pushed up to one bin; what passes the upper end is pushed back.
    steps = np.arange(count + 1)
    edges = np.maximum.accumulate(edges - steps) + steps
    return np.minimum(edges, round(high) - steps[::-1])


def _measure(params: bytes) -> int:
    floats = native().ffi.new("size_t *")
    _check(native().lib.picket_vibration_measure(params, len(params), floats), "vibration parameters")
    return int(floats[0])


class Vibration:
    """Features of one window of acceleration; what they are stands in ``native_module/dsp/vibration.h``.

    Attributes:
        features: length of the feature vector: bands, then envelope bands, then six statistics.
        window: samples in a window.
        hop_ms: from the start of a window to the start of the next.
        rate_hz: sampling rate, float.
        bands, envelope_bands: the two halves of the spectral part.
        memory_bytes: what the device needs beside the samples.
    """

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        self._memory = np.empty(_measure(params), np.float32)
        self._state = native().ffi.new("picket_vibration_t *")
        status = native().lib.picket_vibration_init(
            self._state, params, len(params), _pointer(self._memory), self._memory.size
        )
        _check(status, "vibration parameters")
        self.params = bytes(params)
        self.features: int = self._state.features
        self.window: int = self._state.window
        self.hop_ms: int = self._state.hop_ms
        self.rate_hz: float = self._state.rate_mhz / 1000
        self.bands: int = self._state.bands
        self.envelope_bands: int = self._state.envelope_bands
        self.memory_bytes: int = self._memory.nbytes + native().ffi.sizeof("picket_vibration_t")

    def compute(self, x: NDArray[np.int16]) -> NDArray[np.float32]:
        """Features of one window or of many.

        Args:
            x: int16, shape (window,) or (n, window).

        Returns:
            float32, shape (features,) or (n, features).

        Raises:
            InputError: wrong type or shape.
        """
        if not isinstance(x, np.ndarray) or x.dtype != np.int16:
            raise InputError(f"samples are {_kind(x)}, int16 is expected")
        if x.ndim not in (1, 2) or x.shape[-1] != self.window:
            raise InputError(f"samples have the shape {x.shape}, (..., {self.window}) is expected")
        windows = np.ascontiguousarray(x.reshape(-1, self.window))
        out = np.empty((len(windows), self.features), np.float32)
        for samples, row in zip(windows, out, strict=True):
            native().lib.picket_vibration_compute(self._state, _pointer(samples), _pointer(row))
        return out.reshape((*x.shape[:-1], self.features))


def mel_params(
    *,
    window: int = 512,
    hop: int = 160,
    rate_hz: float = 16000.0,
    bands: int = 40,
    band_hz: tuple[float, float] = (80.0, 7600.0),
    step: int = 4,
    floor: float = 1e-8,
    rise: float = 0.01,
    fall: float = 0.1,
) -> bytes:
    """The parameters of log-mel features (``pipeline.bin``); layout in ``native_module/dsp/mel.h``.

    Args:
        window: samples that a frame sees, a power of two.
        hop: samples from frame to frame.
        rate_hz: sampling rate.
        bands: triangles, equally wide on O'Shaughnessy's mel scale, 2595 log10(1 + f / 700 Hz), within ``band_hz``.
        step: frames that the model takes at a time.
        floor: power of a band that counts as silence; a sine of full scale has 1.
        rise, fall: how fast a band's background follows it, as a share of the way for each frame: with 100 frames a
            second, 0.01 takes a second and 0.1 a tenth of one.

    Raises:
        InputError: what the device would refuse, such as a band without a bin.
    """
    mel_low, mel_high = (2595 * np.log10(1 + hz / 700) for hz in band_hz)
    edges_hz = 700 * (10 ** (np.linspace(mel_low, mel_high, bands + 2) / 2595) - 1)
    edges = np.round(edges_hz * window / rate_hz * native().lib.PICKET_MEL_BIN)
    try:
        params = b"".join(
            (
                b"PML1",
                np.array([window, hop], "<u2").tobytes(),
                np.array([round(rate_hz * 1000)], "<u4").tobytes(),
                np.array([bands, step], "<u2").tobytes(),
                np.array([floor, rise, fall], "<f4").tobytes(),
                np.array(edges.tolist(), "<u4").astype("<u2").tobytes(),
            )
        )
    except OverflowError as error:
        raise InputError(f"a parameter of the log-mel features is out of range: {error}") from error
    _measure_mel(params)
    return params


def _measure_mel(params: bytes) -> int:
    floats = native().ffi.new("size_t *")
    _check(native().lib.picket_mel_measure(params, len(params), floats), "log-mel parameters")
    return int(floats[0])


class Mel:
    """Log-mel frames of a stream of sound; what they are stands in ``native_module/dsp/mel.h``.

    Attributes:
        window, hop: samples that a frame sees, and from frame to frame.
        rate_hz: sampling rate, float.
        bands: values of a frame.
        step: frames that the model takes at a time.
        memory_bytes: what the device needs beside the samples.
    """

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        self._memory = np.empty(_measure_mel(params), np.float32)
        self._state = native().ffi.new("picket_mel_t *")
        status = native().lib.picket_mel_init(
            self._state, params, len(params), _pointer(self._memory), self._memory.size
        )
        _check(status, "log-mel parameters")
        self.params = bytes(params)
        self.window: int = self._state.window
        self.hop: int = self._state.hop
        self.rate_hz: float = self._state.rate_mhz / 1000
        self.bands: int = self._state.bands
        self.step: int = self._state.step
        self.memory_bytes: int = self._memory.nbytes + native().ffi.sizeof("picket_mel_t")

    def feed(self, x: NDArray[np.int16]) -> NDArray[np.float32]:
        """The frames that the next samples of the stream complete.

        Args:
            x: int16, shape (samples,), any number of them.

        Returns:
            float32, shape (frames, bands).

        Raises:
            InputError: wrong type or shape.
        """
        x = _vector(x, np.int16, "samples")
        out = np.empty((native().lib.picket_mel_frames(self._state, x.size), self.bands), np.float32)
        native().lib.picket_mel_feed(self._state, _pointer(x), x.size, _pointer(out))
        return out

    def reset(self) -> None:
        """Forget all that was heard: what comes next is the beginning of a stream."""
        native().lib.picket_mel_reset(self._state)

    def frames(self, x: NDArray[np.int16]) -> NDArray[np.float32]:
        """All frames of one recording, as ``feed``."""
        self.reset()
        return self.feed(x)


MOTION_CHANNELS = 7
"""Values of a frame of motion: ax ay az temperature gx gy gz."""


def motion_params(
    *,
    bins: int = 64,
    bin_frames: int = 4,
    hop_bins: int = 8,
    reference_bins: int = 12,
    rate_hz: float = 100.0,
    counts_per_g: float = 2048.0,
    counts_per_dps: float = 16.4,
) -> bytes:
    """The parameters of motion features (``pipeline.bin``); layout in ``native_module/dsp/motion.h``.

    Args:
        bins, bin_frames: parts of a window, and frames of each.
        hop_bins: from window to window.
        reference_bins: first bins of a window that the trunk's angle is measured against.
        rate_hz: frames a second.
        counts_per_g, counts_per_dps: of the sensor's ranges.

    Raises:
        InputError: what the device would refuse.
    """
    try:
        params = b"".join(
            (
                b"PMO1",
                struct.pack("<4H", bins, bin_frames, hop_bins, reference_bins),
                struct.pack("<Iff", round(rate_hz * 1000), counts_per_g, counts_per_dps),
            )
        )
    except (struct.error, OverflowError) as error:
        raise InputError(f"a parameter of the motion features is out of range: {error}") from error
    _measure_motion(params)
    return params


def _measure_motion(params: bytes) -> int:
    floats = native().ffi.new("size_t *")
    _check(native().lib.picket_motion_measure(params, len(params), floats), "motion parameters")
    return int(floats[0])


class Motion:
    """Features of a body's motion; what they are stands in ``native_module/dsp/motion.h``.

    Attributes:
        bins: parts of a window; each has four features.
        window, hop: frames that a window spans, and from window to window.
        rate_hz: frames a second, float.
        features: length of the feature vector.
        memory_bytes: what the device needs beside the frames.
    """

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        self._memory = np.empty(_measure_motion(params), np.float32)
        self._state = native().ffi.new("picket_motion_t *")
        status = native().lib.picket_motion_init(
            self._state, params, len(params), _pointer(self._memory), self._memory.size
        )
        _check(status, "motion parameters")
        self.params = bytes(params)
        self.bins: int = self._state.bins
        self.window: int = self._state.bins * self._state.bin_frames
        self.hop: int = self._state.hop_bins * self._state.bin_frames
        self.rate_hz: float = self._state.rate_mhz / 1000
        self.features: int = self.bins * native().lib.PICKET_MOTION_VALUES
        self.memory_bytes: int = self._memory.nbytes + native().ffi.sizeof("picket_motion_t")

    def feed(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """The features of the window that ends with the next hop.

        Args:
            frames: int16, counts, shape (hop, 7).

        Returns:
            float32, shape (features,).

        Raises:
            InputError: wrong type or shape.
        """
        if not isinstance(frames, np.ndarray) or frames.dtype != np.int16:
            raise InputError(f"frames are {_kind(frames)}, int16 is expected")
        if frames.shape != (self.hop, MOTION_CHANNELS):
            raise InputError(f"frames have the shape {frames.shape}, ({self.hop}, {MOTION_CHANNELS}) is expected")
        frames = np.ascontiguousarray(frames)
        out = np.empty(self.features, np.float32)
        native().lib.picket_motion_feed(self._state, _pointer(frames), _pointer(out))
        return out

    def reset(self) -> None:
        """Forget all that was felt: what comes next is the beginning of a stream."""
        native().lib.picket_motion_reset(self._state)

    def windows(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """The windows of one recording from its beginning, (frames, 7), a remainder left out: (windows, features)."""
        self.reset()
        hops = len(frames) // self.hop
        return np.stack([self.feed(frames[i * self.hop : (i + 1) * self.hop]) for i in range(hops)])


def heart_params(
    *, hop: int = 100, span_s: int = 60, rate_hz: float = 100.0, band_hz: tuple[float, float] = (0.5, 4.0)
) -> bytes:
    """The parameters of heartbeat features (``pipeline.bin``); layout in ``native_module/dsp/heart.h``.

    Args:
        hop: samples that the device takes at a time.
        span_s: seconds that the features are made of.
        rate_hz: sampling rate.
        band_hz: where a pulse lies; a Butterworth band-pass of two poles on each side.

    Raises:
        InputError: what the device would refuse.
    """
    try:
        sections = signal.butter(2, band_hz, btype="bandpass", fs=rate_hz, output="sos")
        biquads = np.delete(sections, 3, axis=1).astype("<f4")
        params = b"PHB1" + struct.pack("<HHI", hop, span_s, round(rate_hz * 1000)) + biquads.tobytes()
    except (struct.error, OverflowError, ValueError) as error:
        raise InputError(f"a parameter of the heartbeat features is out of range: {error}") from error
    Heart(params)
    return params


class Heart:
    """Heartbeats and how the time between them varies; what they are stands in ``native_module/dsp/heart.h``.

    Attributes:
        hop: samples that the device takes at a time.
        rate_hz: sampling rate, float.
        span_s: seconds that the features are made of.
        features: length of the feature vector.
    """

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        self._state = native().ffi.new("picket_heart_t *")
        _check(native().lib.picket_heart_init(self._state, params, len(params)), "heartbeat parameters")
        self.params = bytes(params)
        self.hop: int = self._state.hop
        self.rate_hz: float = self._state.rate_mhz / 1000
        self.span_s: int = self._state.span_s
        self.features: int = native().lib.PICKET_HEART_FEATURES

    def feed(self, x: NDArray[np.int16]) -> None:
        """Take the next samples of light, int16, shape (samples,); InputError for another type or shape."""
        x = _vector(x, np.int16, "samples")
        native().lib.picket_heart_feed(self._state, _pointer(x), x.size)

    def interval(self, ms: float) -> None:
        """Take the time between two beats that somebody else has found, in milliseconds."""
        native().lib.picket_heart_interval(self._state, ms)

    def intervals(self) -> NDArray[np.float32]:
        """The newest times between beats in ms, at most 256, oldest first; those that are not normal are negative."""
        size = native().lib.PICKET_HEART_INTERVALS
        ring = np.array(list(self._state.interval), np.float32)
        return np.roll(ring, -self._state.next)[size - self._state.count :]

    def compute(self) -> tuple[NDArray[np.float32], int]:
        """Features of the newest span, float32, shape (features,), and how many normal intervals they are made of."""
        out = np.empty(self.features, np.float32)
        return out, native().lib.picket_heart_features(self._state, _pointer(out))

    def reset(self) -> None:
        """Forget all beats: what comes next is the beginning of a stream."""
        native().lib.picket_heart_reset(self._state)


def anomaly_table(threshold: float, mean: NDArray[Any], inv_std: NDArray[Any], centroids: NDArray[Any]) -> bytes:
    """The table of ``centroid_distance`` (``anomaly.bin``) with centroids; layout in ``native_module/dsp/centroids.h``.

    Args:
        threshold: the distance that scores 1000.
        mean: shape (features,).
        inv_std: shape (features,).
        centroids: in standardised units, shape (centroids, features).

    Raises:
        InputError: shapes that disagree, or what the device would refuse (a value that is not finite).
    """
    centroids = np.asarray(centroids, "<f4")
    return _anomaly_table(b"PAN1", threshold, mean, inv_std, centroids, centroids)


def gaussian_table(
    threshold: float,
    mean: NDArray[Any],
    inv_std: NDArray[Any],
    offsets: NDArray[Any],
    centres: NDArray[Any],
    inv_dev: NDArray[Any],
) -> bytes:
    """Likewise with Gaussians.

    Args:
        threshold, mean, inv_std: as for ``anomaly_table``.
        offsets: at least 0, shape (gaussians,).
        centres, inv_dev: in standardised units, shape (gaussians, features).

    Raises:
        InputError: shapes that disagree, or what the device would refuse (a value that is not finite).
    """
    offsets, centres, inv_dev = (np.asarray(a, "<f4") for a in (offsets, centres, inv_dev))
    if inv_dev.shape != centres.shape or offsets.shape != centres.shape[:1]:
        raise InputError(f"shapes disagree: {offsets.shape} offsets, {centres.shape} centres, {inv_dev.shape} inv_dev")
    rows = np.concatenate([offsets[:, None], centres, inv_dev], axis=1)
    return _anomaly_table(b"PAN2", threshold, mean, inv_std, centres, rows)


def _anomaly_table(
    magic: bytes,
    threshold: float,
    mean: NDArray[Any],
    inv_std: NDArray[Any],
    centres: NDArray[Any],
    rows: NDArray[Any],
) -> bytes:
    mean, inv_std = np.asarray(mean, "<f4"), np.asarray(inv_std, "<f4")
    if mean.ndim != 1 or inv_std.shape != mean.shape or centres.ndim != 2 or centres.shape[1] != mean.size:
        raise InputError(f"shapes disagree: mean {mean.shape}, inv_std {inv_std.shape}, centroids {centres.shape}")
    if max(centres.shape) > 0xFFFF:
        raise InputError(f"{centres.shape[0]} centroids of {centres.shape[1]} features are too many")
    header = np.array([mean.size, len(centres)], "<u2").tobytes() + np.array([threshold], "<f4").tobytes()
    table = magic + header + mean.tobytes() + inv_std.tobytes() + rows.tobytes()
    _check(native().lib.picket_centroids_check(table, len(table), mean.size), "anomaly table")
    return table


def centroid_distance(features: NDArray[np.float32], table: bytes) -> int:
    """Distance of a feature vector to the nearest centroid or Gaussian, in thousandths of the threshold: 0..999999.

    Args:
        features: float32, shape (features,).
        table: as ``anomaly_table`` or ``gaussian_table`` makes it.

    Raises:
        InputError: wrong type or shape, or a table that does not belong to such features.
    """
    features = _vector(features, np.float32, "features")
    _check(native().lib.picket_centroids_check(table, len(table), features.size), "anomaly table")
    return int(native().lib.picket_centroids_distance(table, _pointer(features)))


class PixelStats(NamedTuple):
    """Statistics of a grey picture; definitions in ``native_module/dsp/pixels.h``."""

    darkest: int
    brightest: int
    mean: int
    signature_low: int
    signature_high: int


def fit_pixels(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The largest part from the middle of a picture that has the wanted shape, shrunk to it by areas.

    Args:
        picture: uint8, shape (height, width), each side at most 4096.

    Returns:
        uint8, shape (height, width) as wanted.

    Raises:
        InputError: wrong type or shape, or a side out of range.
    """
    limit = native().lib.PICKET_PIXELS_MAX_SIDE
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 2:
        raise InputError(f"a picture is {_kind(picture)}, uint8 (height, width) is expected")
    if not all(1 <= side <= limit for side in (*picture.shape, width, height)):
        shapes = f"a picture of {picture.shape} to be shrunk to ({height}, {width})"
        raise InputError(shapes, hint=f"sides of 1 to {limit}")
    source = np.ascontiguousarray(picture)
    out = np.empty((height, width), np.uint8)
    native().lib.picket_fit_pixels(_pointer(source), source.shape[1], source.shape[0], _pointer(out), width, height)
    return out


def pixel_stats(pixels: NDArray[np.uint8]) -> PixelStats:
    """Statistics of a picture, uint8 of any shape.

    Raises:
        InputError: wrong type.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise InputError(f"pixels are {_kind(pixels)}, uint8 is expected")
    source = np.ascontiguousarray(pixels)
    out = np.empty(len(PixelStats._fields), np.int16)
    native().lib.picket_pixel_stats(_pointer(source), source.size, _pointer(out))
    return PixelStats(*out.tolist())


class _Attitude:
    """An attitude filter: raw counts in, hundredths of a degree out; frame and signs as in ``fusion.h``."""

    _name: str
    _outputs: int

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, tuning: Sequence[float]):
        self._state = native().ffi.new(f"picket_{self._name}_t *")
        scale = native().ffi.new("picket_imu_scale_t *", (rate_hz, accel_lsb_per_g, gyro_lsb_per_dps))
        status = getattr(native().lib, f"picket_{self._name}_init")(self._state, scale, *tuning)
        _check(status, f"{self._name} filter")
        self._update = getattr(native().lib, f"picket_{self._name}_update")

    def update(self, accel: NDArray[np.int16], gyro: NDArray[np.int16]) -> NDArray[np.int16]:
        """One reading or a series of them.

        Args:
            accel: int16, counts, shape (3,) or (n, 3).
            gyro: likewise.

        Returns:
            int16, hundredths of a degree, shape (2,) or (n, 2): roll and pitch; Madgwick adds yaw.

        Raises:
            InputError: wrong type or shape.
        """
        for name, value in (("accelerations", accel), ("rates", gyro)):
            if not isinstance(value, np.ndarray) or value.dtype != np.int16:
                raise InputError(f"{name} are {_kind(value)}, int16 is expected")
        if accel.shape != gyro.shape or accel.ndim not in (1, 2) or accel.shape[-1] != 3:
            raise InputError(f"accelerations {accel.shape} and rates {gyro.shape} must both have the shape (..., 3)")
        out = np.empty((accel.size // 3, self._outputs), np.int16)
        readings = (np.ascontiguousarray(counts.reshape(-1, 3)) for counts in (accel, gyro))
        for a, g, o in zip(*readings, out, strict=True):
            self._update(self._state, _pointer(a), _pointer(g), _pointer(o))
        return out.reshape((*accel.shape[:-1], self._outputs))


class Complementary(_Attitude):
    """Complementary filter on the direction of gravity."""

    _name, _outputs = "complementary", 2

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, tau_s: float):
        """Raises InputError for a number out of range."""
        super().__init__(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, [tau_s])


class Kalman(_Attitude):
    """Kalman filter per axis with the state (angle, bias of the gyroscope)."""

    _name, _outputs = "kalman", 2

    def __init__(
        self,
        rate_hz: float,
        accel_lsb_per_g: float,
        gyro_lsb_per_dps: float,
        angle_noise: float = 0.001,
        bias_noise: float = 0.003,
        measure_noise: float = 0.03,
    ):
        """Variances as in ``fusion.h``. Raises InputError for a number out of range."""
        super().__init__(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, [angle_noise, bias_noise, measure_noise])


class Madgwick(_Attitude):
    """Madgwick's gradient-descent filter for an IMU."""

    _name, _outputs = "madgwick", 3

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, beta: float = 0.05):
        """Raises InputError for a number out of range."""
        super().__init__(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, [beta])


def _check(status: int, where: str) -> None:
    if status != native().lib.PICKET_DSP_OK:
        raise InputError(native().ffi.string(native().lib.picket_dsp_status_text(status)).decode(), where)


def _vector(x: NDArray[Any], dtype: type, name: str) -> NDArray[Any]:
    if not isinstance(x, np.ndarray) or x.dtype != dtype:
        raise InputError(f"{name} are {_kind(x)}, {np.dtype(dtype).name} is expected")
    if x.ndim != 1:
        raise InputError(f"{name} have the shape {x.shape}, one dimension is expected")
    return np.ascontiguousarray(x)


def _kind(x: object) -> str:
    return x.dtype.name if isinstance(x, np.ndarray) else type(x).__name__


def _pointer(array: NDArray[Any]) -> Any:
    """The array's data for C; the array must outlive the call and be contiguous."""
    names = {"uint8": "uint8_t *", "int16": "int16_t *", "float32": "float *"}
    return native().ffi.cast(names[array.dtype.name], array.ctypes.data)
