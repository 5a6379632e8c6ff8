from update.power import Flash

from picket.compat import ticks_add, ticks_ms
from picket.link import boot_count, delivery, outbox
from picket.link.delivery import Delivery, Stats
from picket.link.outbox import Outbox


class _Session:
    """Takes what is published, as (payload, dup), and gives packet ids."""

    def __init__(self):
        self.published = []
        self.pids = 0

    def publish(self, topic, payload, qos, retain, dup):
        assert (topic, qos, retain) == ("t", 1, False)
        self.published.append((bytes(payload), dup))
        self.pids += 1
        return self.pids


class _Line:
    def __init__(self, alerts=0):
        self.flash = Flash((outbox, boot_count))
        self.outbox = Outbox(64, self.flash.root + "/outbox")
        self.outbox.begin(boot_count.advance(self.flash.root + "/state"))
        self.stats = Stats()
        self.delivery = Delivery(self.outbox, self.stats)
        self.session = _Session()
        self.append(alerts)
        self.late_ms = 0
        delivery.ticks_ms = self.now

    def now(self):
        """The clock stands still but for what a test lets pass."""
        return ticks_add(0, self.late_ms)

    def append(self, count):
        for _ in range(count):
            self.outbox.append(b"alert %d" % self.outbox.next_key()[1])

    def send_all(self):
        """What goes out now, as (sequence, dup)."""
        self.session.published.clear()
        while self.delivery.send_next("t", self.session):
            pass
        return [(int(payload.split()[1]), dup) for payload, dup in self.session.published]

    def close(self):
        delivery.ticks_ms = ticks_ms
        self.flash.close()


def _first(count):
    return [(seq, False) for seq in range(1, count + 1)]


def test_alerts_go_out_oldest_first_up_to_the_window():
    line = _Line(20)
    assert line.send_all() == _first(8)
    assert line.send_all() == []
    line.close()


def test_an_ack_empties_the_outbox_and_opens_the_window():
    line = _Line(10)
    line.send_all()
    line.delivery.on_ack(1, 3)
    assert len(line.outbox) == 9 and line.stats.acked == 1
    assert line.send_all() == [(9, False)]
    line.delivery.on_ack(1, 3)
    line.delivery.on_ack(7, 7)
    assert line.stats.acked == 1
    line.close()


def test_an_ack_of_what_was_not_sent_since_boot_frees_nothing():
    line = _Line(10)
    line.send_all()
    line.delivery.on_ack(1, 10)
    assert len(line.outbox) == 10 and line.stats.acked == 0
    line.delivery.on_ack(1, 1)
    assert line.send_all() == [(9, False)]
    line.delivery.on_ack(1, 2)
    assert line.send_all() == [(10, False)]
    line.delivery.on_ack(1, 10)
    assert len(line.outbox) == 7
    line.close()


def test_puback_alone_frees_nothing():
    line = _Line(10)
    line.send_all()
    for pid in range(1, 9):
        line.delivery.on_puback(pid)
    assert len(line.outbox) == 10
    assert line.send_all() == []
    line.close()


def test_without_the_gateways_ack_an_alert_is_sent_again_ever_more_seldom():
    line = _Line(1)
    sent = []
    line.send_all()
    for second in range(0, 2000, 5):
        line.late_ms = second * 1000
        if line.session.pids:
            line.delivery.on_puback(line.session.pids)
        if line.send_all():
            sent.append(second)
    assert sent == [10, 30, 70, 150, 310, 630, 950, 1270, 1590, 1910]
    line.close()


def test_an_alert_without_puback_is_not_repeated_in_the_same_connection():
    line = _Line(1)
    line.send_all()
    line.late_ms = 1000000
    assert line.send_all() == []
    line.close()


def test_after_reconnection_what_has_no_ack_is_sent_again_marked_dup_only_without_puback():
    line = _Line(4)
    line.send_all()
    line.delivery.on_puback(2)
    line.delivery.on_ack(1, 3)
    line.delivery.begin()
    line.append(1)
    assert line.send_all() == [(1, True), (2, False), (4, True), (5, False)]
    line.close()


def test_a_damaged_entry_is_left_out_and_the_others_go():
    line = _Line(3)
    for seq in (1, 2):
        with open(line.flash.root + "/outbox/1-%d" % seq, "wb") as file:
            file.write(b"spoilt")
    assert line.send_all() == [(3, False)]
    assert line.outbox.torn == 2
    line.close()


def test_an_entry_damaged_while_under_way_is_given_up():
    line = _Line(2)
    line.send_all()
    with open(line.flash.root + "/outbox/1-1", "wb") as file:
        file.write(b"spoilt")
    line.delivery.begin()
    assert line.send_all() == [(2, True)]
    line.close()


def test_latency_runs_from_the_last_sample_to_puback_and_to_ack():
    line = _Line(1)
    line.delivery.raised(1, line.now())
    line.send_all()
    line.late_ms = 40
    line.delivery.on_puback(1)
    line.late_ms = 90
    line.delivery.on_ack(1, 1)
    assert (line.stats.puback_ms, line.stats.ack_ms) == (40, 90)
    assert line.stats.take_latency() == {"puback_ms": 40, "ack_ms": 90}
    assert line.stats.take_latency() == {"puback_ms": None, "ack_ms": None}
    line.close()


def test_an_outage_is_no_latency():
    line = _Line(1)
    line.delivery.raised(1, line.now())
    line.send_all()
    line.delivery.begin()
    line.send_all()
    line.delivery.on_puback(2)
    line.delivery.on_ack(1, 1)
    assert line.stats.puback_ms is None and line.stats.ack_ms is None
    line.close()
