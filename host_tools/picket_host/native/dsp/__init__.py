"""Signal processing of the native module on the host: the very C code that the device runs, so features can't drift.

Arrays go in and come out with the types that the device uses (int16 samples, float32 features); anything else is an
error rather than a silent conversion.
"""

from picket_host.native.dsp.anomaly import anomaly_table, centroid_distance, gaussian_table
from picket_host.native.dsp.attitude import Complementary, Kalman, Madgwick
from picket_host.native.dsp.heart import Heart, heart_params
from picket_host.native.dsp.library import native
from picket_host.native.dsp.mel import Mel, mel_params
from picket_host.native.dsp.motion import MOTION_CHANNELS, Motion, motion_params
from picket_host.native.dsp.pixels import PixelStats, fit_pixels, pixel_stats
from picket_host.native.dsp.spectra import WindowStats, rfft, window_stats
from picket_host.native.dsp.vibration import Vibration, log_edges, vibration_params

__all__ = [
    "MOTION_CHANNELS",
    "Complementary",
    "Heart",
    "Kalman",
    "Madgwick",
    "Mel",
    "Motion",
    "PixelStats",
    "Vibration",
    "WindowStats",
    "anomaly_table",
    "centroid_distance",
    "fit_pixels",
    "gaussian_table",
    "heart_params",
    "log_edges",
    "mel_params",
    "motion_params",
    "native",
    "pixel_stats",
    "rfft",
    "vibration_params",
    "window_stats",
]
