"""The six acts of the demo. Each takes the stage as the one before left it and writes what it found into the result."""

from __future__ import annotations

import time
from pathlib import Path

from picket_host.demo.releases import Workshop, describe_size, offer_tampered
from picket_host.demo.result import DemoResult, FaultFacts, Log, OutageFacts, Spread, UpdateFacts
from picket_host.demo.stage import DEVICES, GROUP, HEAP_BYTES, Stage
from picket_host.gateway import releases as published
from picket_host.gateway.store import StoredState
from picket_host.progress import SILENT, Progress
from picket_host.release import manifest

_FIRST, _SECOND, _THIRD = DEVICES
_FINAL_STATES = ("UPDATED", "FAILED", "ROLLED_BACK")


class Scenario:
    """Runs the acts in order.

    Args:
        stage: broker, gateway and boards.
        workshop: makes the releases.
        result, log: where findings and events go.
        quick: shorter pauses; the same acts.
    """

    def __init__(
        self, stage: Stage, workshop: Workshop, result: DemoResult, log: Log, quick: bool, progress: Progress = SILENT
    ):
        self.stage = stage
        self.workshop = workshop
        self.result = result
        self.log = log
        self._progress = progress
        self._pause_s = 2.0 if quick else 8.0
        self._outage_s = 4.0 if quick else 15.0
        self._offered_at: dict[tuple[str, int], float] = {}  # (device, sequence) -> unix time of the newest offer

    # Act 2

    def deploy(self, application: Path, recordings: dict) -> None:
        """Release 1 travels over the air to three boards that came with the bare application."""
        self.log.act(2, "Release 1, signed, goes to three devices")
        stage = self.stage
        release = self.workshop.full(1)
        size = describe_size(release)
        self.result.totals.update_bytes["release 1 (application, native module, model)"] = size
        self.log.say("host", f"release 1 made and signed: {size:,} bytes")
        stage.start_broker()
        stage.start_gateway()
        self.log.say("gateway", f"running; broker on port {stage.mqtt_port}", "good")
        for device in DEVICES:
            stage.make_board(device, application, recordings, self.workshop.public_key)
            stage.power_on(device)
        self._offer(release, list(DEVICES))
        for device in DEVICES:
            state = self._outcome(device, 1)
            self.log.expect(state == "UPDATED", f"{device} did not take release 1: {state}")
        stage.wait_for("windows on every device", lambda: all(self._windows(d) >= 2 for d in DEVICES))
        self.log.say("host", "three devices sense, infer and are silent: all is healthy", "good")

    # Act 3

    def fault(self, label: str) -> None:
        """A fault sets in on one device; the gateway knows within a second of the device's time."""
        self.log.act(3, "A fault sets in")
        stage, device = self.stage, _SECOND
        stage.pause(self._pause_s)
        self.log.expect(not [r for r in stage.raised() if r.on], "an alert was raised while every machine was healthy")
        stage.set_condition(device, label)
        self.log.say(device, f"the recording changes to {label}", "fault")
        stage.wait_for("the alert", lambda: any(a.device == device and a.on for a in stage.alerts()))
        alert = next(a for a in stage.alerts() if a.device == device and a.on)
        onset = stage.onset_ms(device)
        stage.wait_for("a summary with the latency", lambda: self._ack_ms(device) > 0)
        self.result.fault = facts = FaultFacts(
            device, label, alert.label, onset or 0, alert.uptime_ms, alert.uptime_ms + self._ack_ms(device)
        )
        self.log.say(
            "gateway",
            f"{alert.label} on {device}, stored {facts.onset_to_gateway_ms} ms (device time) after the fault set in",
            "good",
        )
        self.log.expect(
            onset is not None and 0 <= facts.onset_to_gateway_ms <= 1000, "the alert took more than a second"
        )
        self.log.expect(alert.label == label, f"{label} was reported as {alert.label}")

    # Act 4

    def outage(self, first_label: str, third_label: str) -> None:
        """The broker dies, faults go on, one device loses power; nothing is lost."""
        self.log.act(4, "The broker is killed, a device loses power, alerts wait")
        stage = self.stage
        before = {d: len(stage.summaries(d)) for d in DEVICES}
        raised = {d: self._raised(d) for d in DEVICES}
        began = time.monotonic()
        stage.kill_broker()
        self.log.say("broker", "killed", "bad")
        stage.set_condition(_FIRST, first_label)
        stage.set_condition(_THIRD, third_label)
        stage.set_condition(_SECOND, "healthy")
        self.log.say(_FIRST, f"the recording changes to {first_label}", "fault")
        self.log.say(_THIRD, f"the recording changes to {third_label}", "fault")
        self.log.say(_SECOND, "the recording changes back to healthy", "note")
        stage.wait_for("alerts in the outbox of every device", lambda: all(stage.waiting(d) for d in DEVICES))
        stage.power_cut(_SECOND)
        self.log.say(_SECOND, "power cut (SIGKILL) with alerts waiting on flash", "bad")
        waiting = {d: stage.waiting(d) for d in DEVICES}
        during = {d: self._raised(d) - raised[d] for d in DEVICES}
        for device, count in waiting.items():
            self.log.say(device, f"{count} alert(s) wait in the outbox")
        stage.pause(max(0.5, self._outage_s - (time.monotonic() - began)))
        stage.power_on(_SECOND)
        self.log.say(_SECOND, "power back")
        stage.start_broker()
        seconds = time.monotonic() - began
        self.log.say("broker", f"back after {seconds:.0f} s", "good")
        drained = stage.wait_for("empty outboxes", lambda: not any(stage.waiting(d) for d in DEVICES))
        stage.wait_for("summaries after the outage", lambda: all(len(stage.summaries(d)) > before[d] for d in DEVICES))
        self.result.outage = OutageFacts(seconds, during, waiting, _SECOND, drained)
        self.log.say("gateway", f"every outbox is empty {drained:.1f} s after the broker's return", "good")
        stage.wait_for("all devices online", lambda: all(stage.online(d) for d in DEVICES))

    # Act 5

    def updates(self, better_model: Path) -> None:
        """Release 2 without a missed window, four refusals, a power cut in mid-update, and a rollback."""
        self.log.act(5, "Updates over the air: good, bad, interrupted")
        self._better_model(better_model)
        self._refusals()
        self._interrupted_and_crashing()

    def _better_model(self, model: Path) -> None:
        stage = self.stage
        release = self.workshop.model_only(2, model)
        self.result.totals.update_bytes["release 2 (model alone)"] = describe_size(release)
        summaries = {d: len(stage.summaries(d)) for d in DEVICES}
        boots = {d: stage.birth(d).get("boot") for d in DEVICES}
        self._offer(release, list(DEVICES))
        taken = {d: self._expect(d, 2, "a better model, taken without a reboot", "UPDATED") for d in DEVICES}
        # Two summaries more: the first one may have begun before the switch.
        seen = {d: len(stage.summaries(d)) for d in DEVICES}
        stage.wait_for(
            "windows with the new model", lambda: all(len(stage.summaries(d)) > seen[d] + 1 for d in DEVICES)
        )
        for device, facts in taken.items():
            facts.missed_windows = sum(s["missed"] for s in stage.summaries(device)[summaries[device] :])
            self.log.expect(
                facts.missed_windows == 0, f"{device} missed {facts.missed_windows} window(s) during the update"
            )
            self.log.expect(stage.birth(device).get("boot") == boots[device], f"{device} restarted for a model")
            self.log.expect(stage.birth(device).get("model") == 2, f"{device} does not run the new model")

    def _refusals(self) -> None:
        offer_tampered(self.stage.state, self.workshop.renamed(3, "1.0.1"), GROUP, _FIRST)
        self.log.say("gateway", f"release 3, changed on the server, offered to {_FIRST}")
        self._offer(self.workshop.wrong_key(4), [_SECOND])
        self._offer(self.workshop.folder(1), [_THIRD])
        self._expect(_FIRST, 3, "a file changed on the server", "FAILED", "SHA-256")
        self._expect(_SECOND, 4, "signed with another key", "FAILED", "signature")
        self._expect(_THIRD, 1, "an older sequence", "FAILED", "not newer")
        self._offer(self.workshop.wrong_golden(5), [_FIRST])
        self._expect(_FIRST, 5, "golden vectors that do not come out", "FAILED", "golden vector")

    def _interrupted_and_crashing(self) -> None:
        stage = self.stage
        interrupted, crashing = self.workshop.full(6), self.workshop.crashing(7)
        running = self._running(_SECOND)
        self._offer(interrupted, [_SECOND])
        self._offer(crashing, [_THIRD])
        stage.power_cut_when_there(_SECOND, "slots/stage-6")
        self.log.say(_SECOND, "power cut (SIGKILL) in the middle of the update to release 6", "bad")
        came_up = stage.power_on(_SECOND)
        cut = UpdateFacts(_SECOND, 6, "power cut in mid-update: comes up in the old release", "OLD", running=came_up)
        cut.state = "OLD" if came_up == running else "LOST"
        cut.reason = f"application {came_up[0]}, model {came_up[1]}"
        self.result.updates.append(cut)
        self.log.expect(cut.ok, f"{_SECOND} came up in {came_up} instead of {running}")
        self.log.say(_SECOND, f"came up in the old release ({cut.reason})", "good")
        self._expect(_SECOND, 6, "the same update, taken up again after the cut", "UPDATED")
        before = self._running(_THIRD)
        rolled = self._expect(_THIRD, 7, "an application that fails its trial boot", "ROLLED_BACK", "restarts")
        stage.wait_for("the birth after the rollback", lambda: bool(stage.birth(_THIRD).get("rolled_back")))
        rolled.running = self._running(_THIRD)
        self.log.expect(rolled.running == before, f"{_THIRD} runs {rolled.running} after the rollback, not {before}")

    # Act 6

    def count(self) -> None:
        """Compare what devices raised with what the gateway stored."""
        self.log.act(6, "The count")
        stage, totals = self.stage, self.result.totals
        stage.pause(1.0 + 2.0 * 2)  # one more summary of each device
        raised = {(r.device, r.boot, r.seq) for r in stage.raised()}
        stage.wait_for("empty outboxes", lambda: not any(stage.waiting(d) for d in DEVICES))
        stored = [(a.device, a.boot, a.seq) for a in stage.alerts()]
        totals.raised = len(raised)
        totals.delivered = len(raised & set(stored))
        totals.lost = len(raised - set(stored))
        # A device numbers its windows: the same window's event under two ids would be a duplicate that ids don't show.
        events = [(a.device, a.boot, a.window, a.label, a.on) for a in stage.alerts()]
        totals.duplicated = len(events) - len(set(events))
        totals.suppressed = stage.store.counts().redelivered
        puback, ack, inference = [], [], []
        for device in DEVICES:
            summaries = stage.summaries(device)
            latencies = [s["lat"] for s in summaries]
            puback += [v["puback_ms"] for v in latencies if v.get("puback_ms")]
            ack += [v["ack_ms"] for v in latencies if v.get("ack_ms")]
            inference += [s["inf_us"] for s in summaries if s.get("inf_us")]
            totals.heap_free_low[device] = min((s["heap_low"] for s in summaries if s.get("heap_low")), default=0)
            totals.windows += sum(s["win"] for s in summaries)
        totals.puback_ms, totals.ack_ms, totals.inference_us = Spread.of(puback), Spread.of(ack), Spread.of(inference)
        totals.heap_bytes = HEAP_BYTES
        self.result.lost, self.result.duplicated = totals.lost, totals.duplicated
        self.log.expect(totals.raised > 0, "no alert was raised")
        self.log.expect(totals.lost == 0, f"{totals.lost} alert(s) lost: {sorted(raised - set(stored))}")
        self.log.expect(totals.duplicated == 0, f"{totals.duplicated} alert(s) duplicated")

    # Helpers

    def _offer(self, release: Path, devices: list[str]) -> None:
        sequence = manifest.load(release).sequence
        self._offered_at.update({(d, sequence): time.time() for d in devices})
        offered = published.publish(
            self.stage.state, release, devices=[f"{GROUP}/{d}" for d in devices], progress=self._progress
        )
        self.log.say("gateway", f"release {offered.sequence} ({offered.kind}) offered to {', '.join(devices)}")

    def _outcome(self, device: str, sequence: int) -> str:
        self.stage.wait_for(
            f"the end of release {sequence} on {device}", lambda: self._final(device, sequence) is not None
        )
        return self._final(device, sequence).state

    def _final(self, device: str, sequence: int) -> StoredState | None:
        """The state in which the newest offer of this release ended, if it has."""
        offered = self._offered_at.get((device, sequence), 0.0)
        states = [
            s for s in self.stage.update_states(device, sequence) if s.began >= offered and s.state in _FINAL_STATES
        ]
        return states[-1] if states else None

    def _expect(self, device: str, sequence: int, what: str, expected: str, because: str = "") -> UpdateFacts:
        self._outcome(device, sequence)
        state = self._final(device, sequence)
        facts = UpdateFacts(device, sequence, what, expected, because, state.state, state.reason, self._running(device))
        facts.size, facts.fetched = state.size, state.done
        self.result.updates.append(facts)
        wanted = f"{expected} ({because})" if because else expected
        self.log.expect(facts.ok, f"{device}, {what}: {state.state} ({state.reason}) instead of {wanted}")
        return facts

    def _running(self, device: str) -> tuple[int, int]:
        birth = self.stage.birth(device)
        return birth.get("app", -1), birth.get("model", -1)

    def _windows(self, device: str) -> int:
        """Windows that the device has judged, as far as it has reported them."""
        return sum(s["win"] for s in self.stage.summaries(device))

    def _raised(self, device: str) -> int:
        return sum(r.device == device for r in self.stage.raised())

    def _ack_ms(self, device: str) -> int:
        return max((s["lat"]["ack_ms"] or 0 for s in self.stage.summaries(device)), default=0)
