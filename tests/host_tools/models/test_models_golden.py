"""golden.bin has the layout that the device reads, and damage to it is noticed."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from picket_host.errors import InputError, ModelError
from picket_host.models import golden

INPUTS = np.array([[[1, -2]], [[-128, 127]]], np.int8)
OUTPUTS = np.array([[[3]], [[-4]]], np.int8)


def test_bytes_are_as_the_contract_says():
    expected = b"PGV1" + struct.pack("<III", 2, 2, 1) + bytes([1, 254, 3]) + bytes([128, 127, 252])
    assert golden.pack(INPUTS, OUTPUTS) == expected


@given(st.integers(1, 5).flatmap(lambda n: st.tuples(*(arrays.arrays(np.int8, (n, size)) for size in (7, 3)))))
def test_vectors_come_back(vectors):
    inputs, outputs = golden.unpack(golden.pack(*vectors))
    assert np.array_equal(inputs, vectors[0])
    assert np.array_equal(outputs, vectors[1])


def test_every_truncation_is_refused():
    data = golden.pack(INPUTS, OUTPUTS)
    for length in range(len(data)):
        with pytest.raises(ModelError):
            golden.unpack(data[:length])


def test_wrong_type_or_count_makes_no_file():
    with pytest.raises(InputError):
        golden.pack(INPUTS.astype(np.float32), OUTPUTS)
    with pytest.raises(InputError):
        golden.pack(INPUTS, OUTPUTS[:1])


def test_chosen_inputs_hold_real_ones_and_both_ends_of_the_range():
    samples = np.arange(100, dtype=np.int8).reshape(50, 1, 2)
    chosen = golden.choose_inputs(samples, seed=3)
    assert chosen.shape[1:] == (1, 2)
    assert (chosen == samples[0]).all(axis=(1, 2)).any()
    assert (chosen == samples[-1]).all(axis=(1, 2)).any()
    assert (chosen == -128).all(axis=(1, 2)).any()
    assert (chosen == 127).all(axis=(1, 2)).any()
    assert np.array_equal(chosen, golden.choose_inputs(samples, seed=3))


def test_large_inputs_are_few_enough_to_download():
    pictures = np.random.default_rng(1).integers(-128, 128, (20, 96, 96, 1)).astype(np.int8)
    chosen = golden.choose_inputs(pictures, seed=3)
    assert chosen.nbytes <= 64 << 10
    assert sum((chosen == picture).all(axis=(1, 2, 3)).any() for picture in pictures) >= 2
    assert len(golden.choose_inputs(np.zeros((3, 1 << 20), np.int8), seed=3)) == 5
