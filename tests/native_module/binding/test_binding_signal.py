"""The module's signal processing, fusion and signature check: right, every argument checked, nothing allocated."""

from __future__ import annotations

import struct

import monocypher
import numpy as np
import pytest
import scipy.stats

from picket_host.native import dsp


def test_gather_picks_one_axis_of_tagged_words(interpreter):
    rng = np.random.default_rng(1)
    frames = rng.integers(-32768, 32768, (10, 3))
    words = b"".join(struct.pack("<Bhhh", 0x0A, *frame) for frame in frames)
    (interpreter.folder / "words").write_bytes(words)
    (out,) = interpreter.run(
        """
        out = array("h", [0] * 12)
        picket_native.gather_i16(open("words", "rb").read(), out, 10, 7, 3)
        picket_native.gather_i16(b"\\x01\\x80", out, 1, 1, 0, 11)
        picket_native.gather_i16(b"", out, 0, 7, 0)
        print(json.dumps(list(out)))
        """
    )
    assert out == [*frames[:, 1].tolist(), 0, -32767]


def test_gather_refuses_what_leads_out_of_a_buffer(interpreter):
    answers = interpreter.run(
        """
        g, words, out = picket_native.gather_i16, bytes(21), array("h", [0] * 3)
        huge = 1 << 40
        for args in (
            (words, out, 3, 7, 6), (words, out, 4, 5, 0), (words, out, 3, 7, 0, 1), (words, out, -1, 7, 0),
            (words, out, 1, 0, 0), (words, out, 1, 7, -1), (words, out, 1, 7, 0, -1), (b"\\0", out, 1, 1, 0),
            (words, out, 3, huge, 0), (words, out, 1, 7, huge), (words, out, huge, 1, 0), (words, out, 1, 7, 0, huge),
            (words, bytearray(6), 3, 7, 0), (words, array("H", [0] * 3), 3, 7, 0), (words, b"123456", 3, 7, 0),
        ):
            print(json.dumps(refused(g, *args)))
        """
    )
    assert "accepted" not in answers
    assert answers[0] == "ValueError: src: too short for count values at this stride and offset"
    assert answers[1] == "ValueError: out: too short for count values from at on"
    assert answers[12] == "ValueError: out: needs an array of type 'h'"


def test_a_microphones_words_become_counts_with_gain_and_saturation(interpreter):
    words = [0x12345600, -0x12345600, 0x7FFFFF00, -0x80000000, 0x00001234, -1]
    (interpreter.folder / "words").write_bytes(struct.pack("<6i", *words))
    plain, loud, part, refusals = interpreter.run(
        """
        words, out = open("words", "rb").read(), array("h", [9] * 6)
        n = picket_native.narrow_i32
        for args in ((6, 16), (6, 8)):
            n(words, out, *args)
            print(json.dumps(list(out)))
        out = array("h", [9] * 6)
        n(memoryview(words), out, 2, 16, 1, 3)
        print(json.dumps(list(out)))
        print(json.dumps([refused(n, words, out, 7, 16), refused(n, words, out, 6, 16, 1),
                          refused(n, words, out, 6, 16, 0, 1), refused(n, words, out, 1, 32),
                          refused(n, words, out, -1, 1), refused(n, words, bytearray(9), 1, 1),
                          refused(n, words[:-1], out, 6, 16), refused(n, words, out, 1, 16, 1 << 40)]))
        """
    )
    assert plain == [0x1234, -0x1235, 0x7FFF, -0x8000, 0, -1]
    assert loud == [32767, -32768, 32767, -32768, 0x12, -1]
    assert part == [9, 9, 9, -0x1235, 0x7FFF, 9]
    assert "accepted" not in refusals


def test_window_stats_agree_with_scipy(interpreter):
    x = np.random.default_rng(2).normal(100, 3000, 2000).astype(np.int16)
    (interpreter.folder / "x").write_bytes(x.tobytes())
    out, *refusals = interpreter.run(
        """
        x, out = array("h", open("x", "rb").read()), array("f", [0] * 6)
        picket_native.window_stats(x, 0.25, out)
        print(json.dumps(list(out)))
        short = array("f", [0] * 5)
        for args in ((array("h"), 1.0, out), (x, 0.0, out), (x, float("nan"), out), (x, 1.0, short), (x, 1.0, x)):
            print(json.dumps(refused(picket_native.window_stats, *args)))
        """
    )
    y = x.astype(np.float64) * 0.25
    rms, peak = y.std(), np.abs(y - y.mean()).max()
    expected = [y.mean(), rms, peak, peak / rms, scipy.stats.kurtosis(y, fisher=False), scipy.stats.skew(y)]
    assert out == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert refusals == [
        "ValueError: x: needs 1 to 16384 items",
        "ValueError: scale must be positive",
        "ValueError: scale must be positive",
        "ValueError: out: needs at least 6 items, has 5",
        "ValueError: out: needs an array of type 'f'",
    ]


def _pipeline() -> bytes:
    return dsp.vibration_params()


def test_vibration_features_are_the_hosts_bits(interpreter):
    params = _pipeline()
    host = dsp.Vibration(params)
    x = np.random.default_rng(3).normal(0, 900, host.window).astype(np.int16)
    (interpreter.folder / "pipeline.bin").write_bytes(params)
    (interpreter.folder / "x").write_bytes(x.tobytes())
    (described, features, in_place, refusals) = interpreter.run(
        """
        from binascii import hexlify
        v = picket_native.Vibration(open("pipeline.bin", "rb").read())
        print(json.dumps([v.features, v.window, v.rate_hz, v.hop_ms]))
        x, out = array("h", open("x", "rb").read()), array("f", [0] * v.features)
        v.compute(x, out)
        print(json.dumps(hexlify(bytes(out)).decode()))
        v.samples[:] = x
        out = array("f", [0] * v.features)
        v.compute(v.samples, out)
        print(json.dumps(hexlify(bytes(out)).decode()))
        make = picket_native.Vibration
        print(json.dumps([refused(v.compute, x[:-1], out), refused(v.compute, x, out[:-1]),
                          refused(v.compute, out, out), refused(make, b"PVF1"), refused(make, bytes(64))]))
        """,
        heap="200k",
    )
    assert described == [host.features, host.window, 26667, 250]
    assert bytes.fromhex(features) == bytes.fromhex(in_place) == host.compute(x).tobytes()
    assert refusals[0] == f"ValueError: x: needs {host.window} items, has {host.window - 1}"
    assert refusals[1] == f"ValueError: out: needs {host.features} items, has {host.features - 1}"
    assert refusals[2] == "ValueError: x: needs an array of type 'h'"
    assert all(text.startswith("ValueError: params: ") for text in refusals[3:])


def test_log_mel_frames_are_the_hosts_bits_in_whatever_pieces(interpreter):
    host = dsp.Mel(dsp.mel_params())
    x = np.random.default_rng(4).normal(0, 900, 4000).astype(np.int16)
    (interpreter.folder / "pipeline.bin").write_bytes(host.params)
    (interpreter.folder / "x").write_bytes(x.tobytes())
    (described, counts, frames, again, refusals) = interpreter.run(
        """
        import micropython
        from binascii import hexlify
        m = picket_native.Mel(open("pipeline.bin", "rb").read())
        print(json.dumps([m.bands, m.hop, m.step, m.rate_hz]))
        x = memoryview(array("h", open("x", "rb").read()))
        out = array("f", [0] * (m.bands * 25))
        places, pieces = [], []
        at = 0
        for n in (1, 159, 639, 640, 0, 2560, 1):
            pieces.append(x[at:at + n])
            at += n
        counts = [0] * len(pieces)
        room = memoryview(out)
        views = [room[k * m.bands:] for k in range(25)]
        def path():
            frames = 0
            for i in range(len(pieces)):
                counts[i] = m.feed(pieces[i], views[frames])
                frames += counts[i]
        micropython.heap_lock()
        path()
        micropython.heap_unlock()
        print(json.dumps(counts))
        print(json.dumps(hexlify(bytes(out)).decode()))
        m.reset()
        m.feed(x, out)
        print(json.dumps(hexlify(bytes(out)).decode()))
        make = picket_native.Mel
        print(json.dumps([refused(m.feed, x, out[1:]), refused(m.feed, out, out), refused(m.feed, x, x),
                          refused(make, b"PML1"), refused(make, bytes(64)), refused(make)]))
        """
    )
    assert described == [40, 160, 4, 16000]
    assert counts == [0, 1, 3, 4, 0, 16, 1]
    assert bytes.fromhex(frames) == bytes.fromhex(again) == host.frames(x).tobytes()
    assert refusals[:3] == [
        "ValueError: out: needs at least 1000 items, has 999",
        "ValueError: x: needs an array of type 'h'",
        "ValueError: out: needs an array of type 'f'",
    ]
    assert all(text.startswith("ValueError: params: ") for text in refusals[3:5])
    assert refusals[5].startswith("TypeError")


def test_motion_features_are_the_hosts_bits(interpreter):
    host = dsp.Motion(dsp.motion_params())
    frames = np.random.default_rng(5).normal(0, 2500, (host.hop * 12, 7)).astype(np.int16)
    (interpreter.folder / "pipeline.bin").write_bytes(host.params)
    (interpreter.folder / "frames").write_bytes(frames.tobytes())
    (described, first, again, refusals) = interpreter.run(
        """
        import micropython
        from binascii import hexlify
        m = picket_native.Motion(open("pipeline.bin", "rb").read())
        print(json.dumps([m.features, m.hop, m.rate_hz]))
        frames = memoryview(array("h", open("frames", "rb").read()))
        out = array("f", bytes(4 * m.features))
        size = 7 * m.hop
        hops = [frames[at:at + size] for at in range(0, len(frames), size)]
        windows = bytearray()
        for i in range(2):
            m.reset()
            windows = bytearray()
            for hop in hops:
                micropython.heap_lock()
                m.feed(hop, out)
                micropython.heap_unlock()
                windows += bytes(out)
            print(json.dumps(hexlify(windows).decode()))
        make = picket_native.Motion
        print(json.dumps([refused(m.feed, frames[:size - 1], out), refused(m.feed, out, out),
                          refused(m.feed, frames, out[1:]), refused(make, b"PMO1"), refused(make, bytes(24))]))
        """
    )
    assert described == [256, 32, 100]
    assert bytes.fromhex(first) == bytes.fromhex(again) == host.windows(frames).tobytes()
    assert refusals[:3] == [
        "ValueError: frames: needs at least 224 items, has 223",
        "ValueError: frames: needs an array of type 'h'",
        "ValueError: out: needs at least 256 items, has 255",
    ]
    assert all(text.startswith("ValueError: params: ") for text in refusals[3:])


def test_heartbeat_features_are_the_hosts_bits_in_whatever_pieces(interpreter):
    host = dsp.Heart(dsp.heart_params(span_s=20))
    phase = np.cumsum(1.2 + 0.1 * np.sin(np.arange(3000) / 300)) / 100
    light = (-8000 - 400 * np.cos(2 * np.pi * phase)).astype(np.int16)
    (interpreter.folder / "pipeline.bin").write_bytes(host.params)
    (interpreter.folder / "light").write_bytes(light.tobytes())
    (described, beats, features, again, refusals) = interpreter.run(
        """
        import micropython
        from binascii import hexlify
        h = picket_native.Heart(open("pipeline.bin", "rb").read())
        print(json.dumps([h.features, h.hop, h.span_s, h.rate_hz]))
        light = memoryview(array("h", open("light", "rb").read()))
        out = array("f", bytes(4 * h.features))
        pieces, at = [], 0
        for n in (1, 99, 0, 1400, 1500):
            pieces.append(light[at:at + n])
            at += n
        def path():
            for piece in pieces:
                h.feed(piece)
            return h.compute(out)
        micropython.heap_lock()
        beats = path()
        micropython.heap_unlock()
        print(json.dumps(beats))
        print(json.dumps(hexlify(bytes(out)).decode()))
        h.reset()
        h.feed(light)
        h.compute(out)
        print(json.dumps(hexlify(bytes(out)).decode()))
        make = picket_native.Heart
        print(json.dumps([refused(h.feed, out), refused(h.compute, out[1:]), refused(h.compute, light),
                          refused(make, b"PHB1"), refused(make, bytes(52)), refused(make)]))
        """
    )
    host.feed(light)
    expected, count = host.compute()
    assert described == [5, 100, 20, 100]
    assert beats == count > 15
    assert bytes.fromhex(features) == bytes.fromhex(again) == expected.tobytes()
    assert refusals[:3] == [
        "ValueError: x: needs an array of type 'h'",
        "ValueError: out: needs at least 5 items, has 4",
        "ValueError: out: needs an array of type 'f'",
    ]
    assert all(text.startswith("ValueError: params: ") for text in refusals[3:5])
    assert refusals[5].startswith("TypeError")


def test_centroid_distance_is_in_thousandths_of_the_threshold(interpreter):
    table = dsp.anomaly_table(2.0, np.array([1.0, 0.0]), np.array([1.0, 0.5]), np.array([[0.0, 0.0], [10.0, 0.0]]))
    (interpreter.folder / "table").write_bytes(table)
    answers = interpreter.run(
        """
        table = open("table", "rb").read()
        d = picket_native.centroid_distance
        print(json.dumps([d(array("f", [1, 0]), table), d(array("f", [3, 0]), table), d(array("f", [11, 6]), table)]))
        print(json.dumps([refused(d, array("f", [1]), table), refused(d, array("f", [1, 0]), table[:-1]),
                          refused(d, table, table)]))
        """
    )
    assert answers[0] == [0, 1000, 1500]
    assert all(text.startswith("ValueError: table: ") for text in answers[1][:2])
    assert answers[1][2] == "ValueError: features: needs an array of type 'f'"


@pytest.mark.parametrize(
    ("call", "outputs"),
    [
        ("Complementary(100, 16384, 131, 0.5)", 2),
        ("Kalman(100, 16384, 131, 0.001, 0.003, 0.03)", 2),
        ("Madgwick(100, 16384, 131, 0.1)", 3),
    ],
)
def test_attitude_filters_take_both_kinds_of_frame(interpreter, call, outputs):
    angles, with_temperature, refusals = interpreter.run(
        f"""
        frame = array("h", [0, 8192, 14189, 0, 0, 0])
        out = array("h", [9] * {outputs})
        f = picket_native.{call}
        for _ in range(200):
            f.update(frame, out)
        print(json.dumps(list(out)))
        f = picket_native.{call}
        for _ in range(200):
            f.update(array("h", [0, 8192, 14189, 77, 0, 0, 0]), out)
        print(json.dumps(list(out)))
        print(json.dumps([refused(f.update, frame[:5], out), refused(f.update, frame, out[:1]),
                          refused(f.update, frame, bytearray(9)), refused(type(f), 0, 1, 1, 1), refused(type(f), 100),
                          refused(type(f), -100, *[1.0] * 5)]))
        """
    )
    assert angles[:2] == pytest.approx([3000, 0], abs=10)
    assert with_temperature == angles
    assert "accepted" not in refusals
    assert refusals[0] == "ValueError: frame: needs 6 or 7 items"


def test_the_whole_sample_path_allocates_nothing(interpreter):
    (interpreter.folder / "pipeline.bin").write_bytes(_pipeline())
    v = dsp.Vibration(_pipeline())
    table = dsp.anomaly_table(2.0, np.zeros(v.features), np.ones(v.features), np.zeros((3, v.features)))
    (interpreter.folder / "table").write_bytes(table)
    (done,) = interpreter.run(
        """
        import micropython
        p = picket_native
        v = p.Vibration(open("pipeline.bin", "rb").read())
        table = open("table", "rb").read()
        words, x, features = bytearray(7 * v.window), array("h", [0] * v.window), array("f", [0] * v.features)
        stats, scale = array("f", [0] * 6), 0.5
        frame, angles = array("h", [0, 0, 16384, 0, 0, 0, 0]), array("h", [0] * 3)
        imu = (100, 16384, 131)
        filters = (p.Complementary(*imu, 0.5), p.Kalman(*imu, 0.001, 0.003, 0.03), p.Madgwick(*imu, 0.1))
        def path():
            p.gather_i16(words, x, v.window, 7, 1)
            v.compute(x, features)
            p.window_stats(x, scale, stats)
            for f in filters:
                f.update(frame, angles)
            return p.centroid_distance(features, table)
        micropython.heap_lock()
        distance = path()
        micropython.heap_unlock()
        print(json.dumps(distance >= 0))
        """
    )
    assert done is True


def test_only_the_signed_message_verifies(interpreter):
    secret, public = monocypher.generate_signing_key_pair()
    message = b"a release" * 50
    signature = monocypher.signature_sign(secret, message)
    (interpreter.folder / "signed").write_bytes(signature + public + message)
    verdicts, refusals = interpreter.run(
        """
        raw = open("signed", "rb").read()
        s, k, m = raw[:64], raw[64:96], raw[96:]
        def flip(data, at):
            data = bytearray(data)
            data[at] ^= 1
            return data
        v = picket_native.verify
        print(json.dumps([v(s, k, m), v(memoryview(raw)[:64], k, memoryview(raw)[96:]),
                          v(flip(s, 0), k, m), v(flip(s, 63), k, m),
                          v(s, flip(k, 5), m), v(s, k, flip(m, 449)), v(s, k, m[:-1]), v(s, k, b"")]))
        print(json.dumps([refused(v, s[:63], k, m), refused(v, s, k + b"x", m), refused(v, s, k, 5)]))
        """
    )
    assert verdicts == [True, True, False, False, False, False, False, False]
    assert refusals[:2] == [
        "ValueError: signature: needs 64 items, has 63",
        "ValueError: public_key: needs 32 items, has 33",
    ]
    assert refusals[2].startswith("TypeError")


def test_pixels_are_fitted_counted_and_centred_without_allocating(interpreter):
    picture = np.random.default_rng(4).integers(0, 256, (12, 20)).astype(np.uint8)
    (interpreter.folder / "picture").write_bytes(picture.tobytes())
    fitted, stats, centred = interpreter.run(
        """
        import micropython
        picture = open("picture", "rb").read()
        small, stats, centred = bytearray(36), array("h", [0] * 5), array("b", bytes(36))
        micropython.heap_lock()
        picket_native.fit_pixels(picture, 20, 12, small, 6, 6)
        picket_native.pixel_stats(small, stats)
        picket_native.center_pixels(small, centred)
        micropython.heap_unlock()
        for out in (small, stats, centred):
            print(json.dumps(list(out)))
        """
    )
    expected = dsp.fit_pixels(picture, 6, 6)
    assert fitted == expected.ravel().tolist()
    assert stats == list(dsp.pixel_stats(expected))
    assert centred == (expected.ravel().astype(int) - 128).tolist()


def test_pixels_that_do_not_fit_their_buffers_are_refused(interpreter):
    answers = interpreter.run(
        """
        fit, src, out = picket_native.fit_pixels, bytes(12), bytearray(4)
        for args in ((src, 4, 4, out, 2, 2), (src, 4, 3, out, 2, 1), (src, 0, 3, out, 2, 2), (src, 4, 3, out, 2, 5000),
                     (src, 4, 3, bytes(4), 2, 2)):
            print(json.dumps(refused(fit, *args)))
        print(json.dumps(refused(picket_native.pixel_stats, src, array("h", [0] * 4))))
        print(json.dumps(refused(picket_native.pixel_stats, src, bytearray(20))))
        print(json.dumps(refused(picket_native.center_pixels, src, out)))
        """
    )
    assert all(answer.startswith(("ValueError: ", "TypeError: ")) for answer in answers), answers
    assert answers[0] == "ValueError: src: needs at least 16 items, has 12"
    assert answers[1] == "ValueError: out: needs 2 items, has 4"
