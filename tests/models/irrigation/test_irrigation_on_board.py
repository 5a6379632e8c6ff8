"""A field dries down under a simulated board that sleeps: waters when due, waits for rain, tells of a broken probe."""

from __future__ import annotations

import json
import re
from pathlib import Path

import paho.mqtt.client as paho
import soil_board
from on_board import GROUP, Bench, gateway, needs_simulator, running_board, until  # noqa: F401 - fixtures
from picket_recipes.irrigation.instruments import Fault

_DAYS = 6
_DECIDED = re.compile(r"decided (\w+) \d+ %: (\d+) of (\d+) s")


def _board(folder: Path, gateway, packaged, faults=()):  # noqa: F811
    config = {"soil": soil_board.section(), "attitude": {"driver": "none"}, "duty": {"sleep_s": 3600}}
    return running_board(
        folder, gateway, board=soil_board.board(), config=config, recordings=soil_board.dry_down(_DAYS, faults),
        package=packaged.folder,
    )  # fmt: skip


def _decisions(bench: Bench) -> list[tuple[str, int]]:
    return [(label, int(seconds)) for label, seconds, _ in _DECIDED.findall(bench.board.console())]


class _Forecaster:
    """Tells a board at each of its reports that it will rain."""

    def __init__(self, port: int, name: str):
        self._topic = f"picket/v1/{GROUP}/{name}/"
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic + "data", 1)
        self._client.on_message = self._on_report
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_report(self, client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        rain = {"cmd": "forecast", "t": json.loads(message.payload)["t"], "pct": [100, 100], "mm": [40, 40]}
        client.publish(self._topic + "cmd", json.dumps(rain), 1, retain=True)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_it_waters_when_due_and_not_before_and_sleeps_in_between(tmp_path, gateway, packaged):  # noqa: F811
    with _board(tmp_path, gateway, packaged) as bench:
        begun = bench.wait_for_event("alert", on=1)
        ended = bench.wait_for_event("alert", on=0)
        decisions = _decisions(bench)
    assert begun["label"] in ("short", "long") and ended["label"] == begun["label"]
    assert begun["anomaly"] == ended["anomaly"] == next(seconds for _, seconds in decisions if seconds)
    waited = [label for label, _ in decisions].index(begun["label"])
    assert 2 <= waited <= 9, "not while the field is wet, and before it suffers"
    births = gateway.events("birth", bench.name)
    assert {birth["reset"] for birth in births[1:]} == {"deep sleep"}
    assert births[-1]["boot"] > 2 * len(births), "most wakes are silent"
    reports = gateway.events("data", bench.name)
    assert all(report["heap_low"] > 40_000 for report in reports)


def test_it_waits_for_rain_and_tells_of_a_broken_probe_and_its_return(tmp_path, gateway, packaged):  # noqa: F811
    broken = Fault("probe1", "off", 24 * soil_board.START_DAY + 7, 24 * soil_board.START_DAY + 30)
    with _board(tmp_path, gateway, packaged, (broken,)) as bench:
        forecaster = _Forecaster(gateway.mqtt_port, bench.name)
        try:
            told = bench.wait_for_event("alert", label="probe1", on=1)
            bench.wait_for_event("alert", label="probe1", on=0)
            until("ten decisions", lambda: len(_decisions(bench)) >= 10, bench.board.console)
        finally:
            forecaster.stop()
        decisions = _decisions(bench)
    assert told["anomaly"] == 4, "out of range"
    assert all(seconds == 0 for _, seconds in decisions[1:10]), "forty millimetres are to come"
    assert all(alert["label"] == "probe1" for alert in gateway.events("alert", bench.name))


