"""The synthesised vibration shows what the physics of the bearing says: lines, modulation, impulsiveness."""

import numpy as np
import pytest
from picket_recipes.vibration import synthesis
from picket_recipes.vibration.synthesis import Machine
from scipy import signal

# The manufacturer's figures for the bearing 6205, in multiples of the shaft's rate.
PUBLISHED = {"inner_race": 5.4152, "outer_race": 3.5848, "ball": 4.7135}
PUBLISHED_CAGE = 0.39828
SECONDS = 6.0


def envelope_spectrum(samples):
    """Amplitude of the envelope of the resonance band, and its frequencies in Hz."""
    band = signal.butter(4, (2000, 5500), "bandpass", fs=synthesis.RATE_HZ, output="sos")
    envelope = np.abs(signal.hilbert(signal.sosfiltfilt(band, samples.astype(float))))
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope))))
    return spectrum, np.fft.rfftfreq(len(envelope), 1 / synthesis.RATE_HZ)


def strongest_near(spectrum, hz, centre, width):
    chosen = (hz > centre - width) & (hz < centre + width)
    return spectrum[chosen].max()


def test_rates_follow_from_the_geometry():
    for label, rate in PUBLISHED.items():
        assert synthesis.STRIKES_PER_TURN[label] == pytest.approx(rate, abs=2e-4)
    assert pytest.approx(PUBLISHED_CAGE, abs=5e-5) == synthesis.CAGE


@pytest.mark.parametrize("label", PUBLISHED)
@pytest.mark.parametrize("speed", synthesis.SPEEDS_RPM)
def test_fault_shows_as_a_line_at_its_own_rate(label, speed):
    spectrum, hz = envelope_spectrum(synthesis.record(Machine(label, 7, speed), SECONDS, seed=1))
    own = strongest_near(spectrum, hz, PUBLISHED[label] * speed / 60, 4)
    for other, rate in PUBLISHED.items():
        if other != label:
            assert own > 2 * strongest_near(spectrum, hz, rate * speed / 60, 4)
    assert own > 5 * np.median(spectrum[(hz > 50) & (hz < 400)])


@pytest.mark.parametrize(("label", "modulation"), [("inner_race", 1.0), ("ball", PUBLISHED_CAGE)])
def test_turning_defect_is_modulated_as_it_passes_the_load_zone(label, modulation):
    speed_hz = 1797 / 60
    spectrum, hz = envelope_spectrum(synthesis.record(Machine(label, 7, 1797), SECONDS, seed=1))
    background = np.median(spectrum[(hz > 5) & (hz < 400)])
    assert strongest_near(spectrum, hz, modulation * speed_hz, 1.5) > 4 * background


def test_defect_of_the_outer_race_is_not_modulated():
    spectrum, hz = envelope_spectrum(synthesis.record(Machine("outer_race", 7, 1797), SECONDS, seed=1))
    own = strongest_near(spectrum, hz, PUBLISHED["outer_race"] * 1797 / 60, 4)
    assert strongest_near(spectrum, hz, 1797 / 60, 1.5) < 0.2 * own


def kurtosis(samples):
    x = samples - samples.mean()
    return (x**4).mean() / (x**2).mean() ** 2


def test_healthy_bearing_is_close_to_gaussian_and_faults_are_impulsive():
    healthy = synthesis.record(Machine("healthy", 0, 1797), SECONDS, seed=1).astype(float)
    assert 2.5 < kurtosis(healthy) < 3.3
    assert 0.03 < healthy.std() / synthesis.COUNTS_PER_G < 0.15
    for label in PUBLISHED:
        assert kurtosis(synthesis.record(Machine(label, 7, 1797), SECONDS, seed=1).astype(float)) > 5


@pytest.mark.parametrize("label", PUBLISHED)
def test_larger_defects_vibrate_more(label):
    levels = [
        np.mean([synthesis.record(Machine(label, mil, rpm), 2, seed=1).std() for rpm in synthesis.SPEEDS_RPM])
        for mil in synthesis.SEVERITIES_MIL
    ]
    assert levels == sorted(levels)


def test_same_seed_gives_the_same_samples_and_another_does_not():
    machine = Machine("ball", 14, 1772)
    first = synthesis.record(machine, 1, seed=3)
    assert first.dtype == np.int16
    assert len(first) == synthesis.RATE_HZ
    assert np.array_equal(first, synthesis.record(machine, 1, seed=3))
    assert not np.array_equal(first, synthesis.record(machine, 1, seed=4))


def test_machines_have_different_names_and_cover_every_class():
    machines = synthesis.machines()
    assert len({machine.name for machine in machines}) == len(machines)
    assert {machine.label for machine in machines} == set(synthesis.LABELS)
