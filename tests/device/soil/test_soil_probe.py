"""One probe: conversion and what is found wrong with a reading by itself."""

from fields import millivolts

from picket.sensors.checks import MISSING, OUT_OF_RANGE, STUCK
from picket.soil.probe import ABSENT, DISAGREE, DRIFT, Probe


def _probe():
    return Probe(2300, 1100)


def test_moisture_lies_on_the_line_of_the_calibration():
    probe = _probe()
    for mv, vwc in ((2300, 0), (1700, 2250), (1100, 4500)):
        assert probe.read(0, mv, 250)
        assert probe.vwc == vwc and probe.flags == 0


def test_a_probe_whose_voltage_rises_with_water_works_as_well():
    probe = Probe(300, 2100)
    assert probe.read(0, 1200, 250) and probe.vwc == 2250


def test_warm_soil_reads_high_and_is_corrected():
    probe = _probe()
    probe.read(0, 1700, 350)
    assert probe.vwc == 2250 - 33  # 10 degrees at 0.15 %
    probe.read(0, 1700, 150)
    assert probe.vwc == 2250 + 34


def test_a_missing_reading_is_none():
    probe = _probe()
    assert not probe.read(0, ABSENT, 200)
    assert probe.flags == MISSING


def test_broken_wires_are_out_of_range():
    probe = _probe()
    for mv in (0, 900, 2450):
        assert not probe.read(0, mv, 200)
        assert probe.flags == OUT_OF_RANGE
    assert probe.read(0, millivolts(2000), 200) and probe.flags == 0


def test_a_probe_is_stuck_after_half_a_day_without_a_millivolts_change():
    probe = _probe()
    for hour in range(12):
        assert probe.read(60 * hour, 1700, 200)
    assert not probe.read(60 * 12, 1700, 200)
    assert probe.flags == STUCK
    assert probe.read(60 * 13, 1701, 200) and probe.flags == 0


def test_doubts_become_a_fault_and_a_confirmation_ends_it():
    probe = _probe()
    probe.read(0, 1700, 200)
    probe.doubt(2)
    assert probe.flags == 0
    probe.doubt(2)
    probe.read(60, 1705, 200)
    assert probe.flags == DISAGREE
    probe.confirm(60)
    assert probe.flags == 0 and probe.works(60)


def test_a_probe_counts_for_three_hours_after_its_last_good_reading():
    probe = _probe()
    assert not probe.works(0)
    probe.read(1000, 1700, 200)
    probe.confirm(1000)
    assert probe.works(1180) and not probe.works(1181)


def test_drift_stays_and_excludes_the_probe():
    probe = _probe()
    probe.read(0, 1700, 200)
    probe.confirm(0)
    probe.flags |= DRIFT
    probe.read(60, 1705, 200)
    probe.confirm(60)
    assert probe.flags == DRIFT and not probe.works(60)
