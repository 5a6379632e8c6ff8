"""Names of a model's outputs: what a device would refuse is refused where the model is made."""

from __future__ import annotations

import pytest

from picket_host.errors import InputError
from picket_host.models.labels import LONGEST, check_labels


def test_names_that_a_device_takes_are_taken():
    check_labels(["healthy", "x" * LONGEST, "äußerer Ring"], "a model")


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (["healthy", "worn", "worn"], "the same"),
        (["healthy", ""], "0 characters"),
        (["healthy", "x" * (LONGEST + 1)], "33 characters"),
        (["healthy", "worn\n"], "worn"),
        (["healthy", "sensor"], "gate's own"),
        (["anomaly", "worn"], "gate's own"),
    ],
)
def test_others_are_refused_with_the_reason(labels, why):
    with pytest.raises(InputError, match=why):
        check_labels(labels, "a model")


@pytest.mark.parametrize("labels", [[], ["healthy"]])
def test_a_device_has_something_to_tell_apart(labels):
    with pytest.raises(InputError, match="label, a device tells 2 or more apart"):
        check_labels(labels, "a model")
