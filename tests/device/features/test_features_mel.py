"""The device's wrapper over the native log-mel frames."""

from array import array

from fakes import Model, Source
from picket_native import Mel
from support import error_of

from picket.features.mel import MelFeatures, from_params
from picket.sensors import checks


def _u16(*values):
    return b"".join([value.to_bytes(2, "little") for value in values])


def _params():
    """Window of 64 samples, hop 32, 16000 Hz, 3 bands, 2 frames a step, floor 2^-30, rise 1/64, fall 1/8."""
    shares = (0x30800000, 0x3C800000, 0x3E000000)
    head = b"PML1" + _u16(64, 32) + (16_000_000).to_bytes(4, "little") + _u16(3, 2)
    return head + b"".join([share.to_bytes(4, "little") for share in shares]) + _u16(128, 400, 900, 1400, 2000)


def _sound(pieces, seed=1):
    """Noise, int16."""
    values = array("h", bytes(2 * 64 * pieces))
    for i in range(len(values)):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (seed >> 8) % 4001 - 2000
    return values


def _heard(features, sound):
    """All frames of a sound, piece by piece."""
    model = Model()
    frames = []
    for at in range(0, len(sound), 64):
        features.compute(sound[at : at + 64])
        features.feed(model)
        frames += model.fed
    return frames


def _expected(sound):
    native = Mel(_params())
    out = array("f", bytes(4 * 3 * (len(sound) // 32)))
    native.feed(sound, out)
    return list(out)


def test_says_what_it_takes():
    features = from_params(_params())
    assert (len(features.samples), features.inputs, features.rate_hz) == (64, 6, 16000)
    assert (features.section, features.channels, features.values) == ("microphone", 1, None)


def test_pieces_give_the_frames_of_the_whole():
    sound = _sound(20)
    assert _heard(from_params(_params()), sound) == _expected(sound)


def test_after_a_gap_in_the_stream_it_begins_anew():
    features = from_params(_params())
    sound = _sound(12)
    stream = features.window(Source(16000, sound))
    model = Model()
    frames = []
    for number in range(12):
        assert stream.poll()
        if number == 5:
            stream.gap = True
        features.compute(stream.samples)
        features.feed(model)
        frames += model.fed
    assert frames == _expected(sound[: 5 * 64]) + _expected(sound[5 * 64 :])


def test_after_a_piece_that_was_not_heard_it_begins_anew():
    features = from_params(_params())
    first, second = _sound(4), _sound(5, seed=2)
    frames = _heard(features, first)
    assert features.check(array("h", bytes(2 * 64))) & features.spoiling
    assert frames + _heard(features, second) == _expected(first) + _expected(second)


def test_a_dead_microphone_spoils_a_piece_and_a_shout_does_not():
    features = from_params(_params())
    assert features.check(array("h", bytes(2 * 64))) == checks.STUCK == checks.STUCK & features.spoiling
    shout = array("h", [32767 if i % 16 < 8 else -32768 for i in range(64)])
    assert features.check(shout) == checks.SATURATED
    assert not checks.SATURATED & features.spoiling and checks.MISSING & features.spoiling
    assert features.check(_sound(1)) == 0


def test_streams_are_of_the_rate_that_the_features_are_made_for():
    features = from_params(_params())
    assert features.window(Source(16000)).samples is features.samples
    assert "44100" in error_of(ValueError, features.window, Source(44100))


def test_level_is_the_share_of_full_scale():
    features = from_params(_params())
    for i in range(64):
        features.samples[i] = 16384 if i & 1 else -16384
    assert abs(features.level() - 0.5) < 1e-6


def test_wrong_parameters_are_refused_with_the_reason():
    assert "magic" in error_of(ValueError, MelFeatures, b"PML9" + _params()[4:])
    assert "length" in error_of(ValueError, MelFeatures, _params() + b"\0")
