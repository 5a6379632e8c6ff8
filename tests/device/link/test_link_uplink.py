import asyncio

from scripted_broker import ScriptedBroker
from support import cancel, run
from update.power import Flash

from picket import config
from picket.compat import ticks_diff, ticks_ms
from picket.link import boot_count, outbox
from picket.link.backoff import Backoff
from picket.link.outbox import Outbox
from picket.link.uplink import Uplink

_PATIENCE_MS = 100_000  # only a failure takes so long
_CONFIG = {"device": {"id": "press-1", "group": "plant-a"}, "mqtt": {"host": "broker"}}


class _Device:
    """An uplink to a scripted broker; use as `run(device.during(scenario))`."""

    def __init__(self, max_entries=32):
        self.flash = Flash((outbox, boot_count))
        self.broker = ScriptedBroker("picket/v1/plant-a/press-1/")
        self.offers = []
        self.commands = []
        self.births = 0
        box = Outbox(max_entries, self.flash.root + "/outbox")
        box.begin(boot_count.advance(self.flash.root + "/state", box.last_boot()))
        self.outbox = box
        self.uplink = Uplink(
            config.check(_CONFIG), box, self.offers.append, self._on_command, self._birth, self.broker.connect,
            backoff=Backoff(1, 5),
        )

    def _on_command(self, command):
        self.commands.append(command["cmd"])

    def _birth(self):
        self.births += 1
        return {"model": self.births}

    def alert(self, number=1):
        return self.uplink.alert({"t": 0, "u": 5, "w": number, "k": "inner", "p": 90, "a": 1200, "on": 1}, ticks_ms())

    async def _during(self, scenario):
        running = asyncio.create_task(self.uplink.run())
        try:
            await scenario(self)
        finally:
            await cancel(running)

    def during(self, scenario):
        try:
            run(self._during(scenario))
        finally:
            self.flash.close()

    async def until(self, condition):
        for _ in range(2000):
            if condition():
                return
            await asyncio.sleep(0.002)
        raise AssertionError("never came: %s" % self.broker.kinds())


def test_birth_comes_first_then_with_the_gateways_ack_the_alerts():
    async def scenario(device):
        device.broker.gateway = False
        keys = [device.alert(n) for n in range(3)]
        assert keys == [(1, 1), (1, 2), (1, 3)]
        await device.until(lambda: device.uplink.connected and device.broker.received)
        await asyncio.sleep(0.05)
        assert device.broker.kinds() == ["birth"]
        assert not device.uplink.birth_acked.is_set()
        device.broker.gateway = True
        device.broker.say("ack", b'{"birth":1}')
        await device.until(lambda: not len(device.outbox))
        assert device.uplink.birth_acked.is_set()
        assert device.broker.received[0] == ("birth", {"boot": 1, "model": 1}, 0x03)
        assert [(a["b"], a["s"], a["w"]) for a in device.broker.of_kind("alert")] == [(1, 1, 0), (1, 2, 1), (1, 3, 2)]
        assert device.uplink.stats.acked == 3

    _Device().during(scenario)


def test_the_will_and_the_subscriptions():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        connect = device.broker.connects[0]
        assert b"plant-a.press-1" in connect
        assert b'\x00\x1fpicket/v1/plant-a/press-1/death\x00\x0a{"boot":1}' in connect
        assert device.broker.topics == ["picket/v1/plant-a/press-1/" + kind for kind in ("ack", "ota", "cmd")]

    _Device().during(scenario)


def test_the_ack_of_another_boot_opens_nothing():
    async def scenario(device):
        device.broker.gateway = False
        device.alert()
        await device.until(lambda: device.broker.received)
        device.broker.say("ack", b'{"birth":9}')
        await asyncio.sleep(0.05)
        assert device.broker.kinds() == ["birth"]

    _Device().during(scenario)


def test_alerts_wait_through_outages_and_arrive_once_each():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        for outage in range(3):
            device.broker.reachable = False
            device.broker.drop()
            await device.until(lambda: not device.uplink.connected)
            for n in range(10):
                device.alert(10 * outage + n)
            await asyncio.sleep(0.02)
            device.broker.reachable = True
            await device.until(lambda: not len(device.outbox))
        alerts = device.broker.of_kind("alert")
        assert [a["w"] for a in alerts] == list(range(30))
        assert len({(a["b"], a["s"]) for a in alerts}) == 30
        assert device.uplink.stats.connects == 4
        assert device.births == 4

    _Device().during(scenario)


def test_what_had_no_puback_is_sent_again_marked_dup():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.broker.pubacks = device.broker.gateway = False
        device.alert()
        await device.until(lambda: device.broker.of_kind("alert"))
        device.broker.pubacks = device.broker.gateway = True
        device.broker.drop()
        await device.until(lambda: not len(device.outbox))
        assert [flags for kind, _, flags in device.broker.received if kind == "alert"] == [0x02, 0x0A]

    _Device().during(scenario)


def test_a_summary_carries_the_state_of_the_outbox_and_the_newest_wins():
    async def scenario(device):
        device.broker.reachable = False
        for _ in range(3):
            device.alert()
        device.uplink.summary({"win": 1})
        device.uplink.summary({"win": 2})
        device.broker.gateway = False
        device.broker.reachable = True
        await device.until(lambda: device.broker.of_kind("data"))
        await asyncio.sleep(0.02)
        latency = {"puback_ms": None, "ack_ms": None}
        assert device.broker.of_kind("data") == [{"win": 2, "boot": 1, "out": 2, "drop": 1, "lat": latency}]

    _Device(max_entries=2).during(scenario)


def test_alerts_go_before_summaries():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.uplink.summary({"win": 1})
        device.alert()
        await device.until(lambda: device.broker.of_kind("data"))
        assert device.broker.kinds() == ["birth", "alert", "data"]

    _Device().during(scenario)


def test_latency_is_measured_for_alerts_that_met_no_outage():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        begun = ticks_ms()
        device.alert()
        await device.until(lambda: not len(device.outbox))
        stats = device.uplink.stats
        assert 0 <= stats.puback_ms <= stats.ack_ms <= ticks_diff(ticks_ms(), begun)

    _Device().during(scenario)


def test_states_go_out_in_order_and_progress_replaces_progress():
    async def scenario(device):
        device.broker.reachable = False
        for done in (0, 10, 20):
            device.uplink.state({"sequence": 2, "state": "DOWNLOADING", "reason": "", "done": done, "size": 30})
        device.uplink.state({"sequence": 2, "state": "VERIFIED", "reason": "", "done": 30, "size": 30})
        device.broker.reachable = True
        assert await device.uplink.drained(_PATIENCE_MS)
        states = device.broker.of_kind("ota_state")
        assert [(s["boot"], s["state"], s["done"]) for s in states] == [(1, "DOWNLOADING", 20), (1, "VERIFIED", 30)]

    _Device().during(scenario)


def test_a_state_without_puback_is_sent_again_after_reconnection():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.broker.pubacks = False
        device.uplink.state({"sequence": 2, "state": "FAILED", "reason": "x", "done": 0, "size": 0})
        assert not await device.uplink.drained(50)
        device.broker.pubacks = True
        device.broker.drop()
        assert await device.uplink.drained(_PATIENCE_MS)
        assert [flags for kind, _, flags in device.broker.received if kind == "ota_state"] == [0x02, 0x0A]

    _Device().during(scenario)


def test_the_oldest_states_give_way_when_many_wait():
    async def scenario(device):
        device.broker.reachable = False
        for sequence in range(12):
            device.uplink.state({"sequence": sequence, "state": "FAILED", "reason": "", "done": 0, "size": 0})
        device.broker.reachable = True
        assert await device.uplink.drained(_PATIENCE_MS)
        assert [s["sequence"] for s in device.broker.of_kind("ota_state")] == list(range(4, 12))

    _Device().during(scenario)


def test_offers_withdrawals_and_commands_reach_their_callbacks():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.broker.say("ota", b'{"sequence":2}')
        device.broker.say("ota", b"")
        device.broker.say("cmd", b'{"cmd":"reset"}')
        await device.until(lambda: device.commands)
        assert device.offers == [{"sequence": 2}, None]
        assert device.commands == ["reset"]

    _Device().during(scenario)


def test_messages_without_sense_are_counted_and_harm_nothing():
    bad = (
        ("ack", b"nonsense"), ("ack", b"[]"), ("ack", b""), ("ack", b"7"), ("ack", b'{"ids":7}'),
        ("ack", b'{"ids":null}'),
        ("ack", b'{"ids":[[1]]}'), ("ack", b'{"ids":[["x",{}]]}'), ("ack", b'{"birth":1,"ids":[[1,2,3]]}'),
        ("ota", b"[1]"), ("ota", b"\xff\xfe"), ("cmd", b"null"), ("cmd", b"{}"), ("cmd", b"[" * 90), ("other", b"{}"),
    )

    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.broker.gateway = False
        device.alert()
        for kind, payload in bad:
            device.broker.say(kind, payload)
        await device.until(lambda: device.uplink.stats.bad_inbound == len(bad))
        assert device.uplink.connected and device.uplink.stats.connects == 1
        assert len(device.outbox) == 1 and not device.offers and not device.commands

    _Device().during(scenario)


def test_a_new_birth_is_sent_on_demand_and_acknowledged_anew():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.uplink.rebirth()
        assert not device.uplink.birth_acked.is_set()
        await device.until(lambda: device.uplink.birth_acked.is_set())
        assert [birth["model"] for birth in device.broker.of_kind("birth")] == [1, 2]

    _Device().during(scenario)


def test_a_lost_connection_takes_the_acknowledgement_back():
    async def scenario(device):
        await device.until(lambda: device.uplink.birth_acked.is_set())
        device.broker.reachable = False
        device.broker.drop()
        await device.until(lambda: not device.uplink.connected)
        assert not device.uplink.birth_acked.is_set()

    _Device().during(scenario)


def test_a_full_outbox_says_so_at_once():
    async def scenario(device):
        device.broker.reachable = False
        assert [device.alert() for _ in range(3)] == [(1, 1), (1, 2), None]
        assert device.outbox.dropped == 1

    _Device(max_entries=2).during(scenario)


def test_a_label_too_long_is_cut_rather_than_the_alert_lost():
    async def scenario(device):
        fields = {"t": 0, "u": 5, "w": 1, "k": "\u00e9" * 100, "p": 90, "a": 1200, "on": 1}
        assert device.uplink.alert(fields) == (1, 1)
        await device.until(lambda: device.broker.of_kind("alert"))
        label = device.broker.of_kind("alert")[0]["k"]
        assert label and label == "\u00e9" * len(label)

    _Device().during(scenario)


def test_our_own_errors_are_not_swallowed():
    async def scenario(device):
        device.uplink._birth_fn = lambda: 1 // 0
        running = asyncio.create_task(device.uplink.run())
        try:
            await running
        except ZeroDivisionError:
            return
        raise AssertionError("no ZeroDivisionError")

    device = _Device()
    run(scenario(device))
    device.flash.close()
