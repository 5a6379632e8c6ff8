"""From the outbox to the gateway: a window of alerts under way, sent again until the gateway has acknowledged them."""

from picket.compat import const, ticks_diff, ticks_ms

_WINDOW = const(8)
_RESEND_MS = const(10000)  # doubles with every attempt
_MOST_DOUBLINGS = const(5)
_MEASURED = const(16)  # alerts whose way is timed at once


def resend_due(sent, tries):
    """Whether an answer to the `tries`-th attempt, at ticks `sent`, has been waited for long enough."""
    return ticks_diff(ticks_ms(), sent) >= _RESEND_MS << min(tries - 1, _MOST_DOUBLINGS)


class Stats:
    """What the link has counted since boot, and how long alerts were under way lately.

    Counts only grow. Latencies run from an alert's last sample, and only for alerts that met no outage.
    """

    def __init__(self):
        self.sent = 0  # alerts, every attempt
        self.acked = 0  # alerts that the gateway has stored
        self.connects = 0  # connections that stood
        self.bad_inbound = 0  # messages that made no sense
        self.oversized = 0  # messages that were too long
        self.puback_ms = None  # the last ones
        self.ack_ms = None
        self._worst_puback_ms = self._worst_ack_ms = None

    def on_puback(self, elapsed_ms):
        self.puback_ms = elapsed_ms
        self._worst_puback_ms = max(elapsed_ms, self._worst_puback_ms or 0)

    def on_ack(self, elapsed_ms):
        self.ack_ms = elapsed_ms
        self._worst_ack_ms = max(elapsed_ms, self._worst_ack_ms or 0)

    def take_latency(self):
        """The worst of each since the last call; None when there was no alert."""
        worst = {"puback_ms": self._worst_puback_ms, "ack_ms": self._worst_ack_ms}
        self._worst_puback_ms = self._worst_ack_ms = None
        return worst


class _Flight:
    """An alert under way. tries: attempts in this connection; dup: sent before, and never acknowledged by a broker."""

    def __init__(self, boot, seq):
        self.boot = boot
        self.seq = seq
        self.pid = 0
        self.sent = 0
        self.tries = 0
        self.dup = False


class Delivery:
    """Sends what the outbox holds, oldest first; an entry leaves it with the gateway's ack only.

    PUBACK says that a broker has the alert, not that anybody keeps it: it ends neither the flight nor the entry.
    """

    def __init__(self, outbox, stats):
        self._outbox = outbox
        self._stats = stats
        self._flights = []
        self._sent_boot = self._sent_seq = 0  # the newest alert that has been put under way
        self._raised = {}  # sequence -> ticks of the last sample, of alerts raised while the gateway was there

    def raised(self, seq, ticks):
        """Measure this alert's way: it was decided on samples up to `ticks`, and the connection stands."""
        if len(self._raised) < _MEASURED:
            self._raised[seq] = ticks

    def begin(self):
        """A new connection: what the last one left unanswered is due at once."""
        self._raised.clear()  # an outage is not a latency
        for flight in self._flights:
            flight.pid = flight.tries = 0

    def send_next(self, topic, session):
        """Publish one alert that is due; False when there is none."""
        for flight in self._flights:
            if not flight.tries or (not flight.pid and resend_due(flight.sent, flight.tries)):
                if self._send(flight, topic, session):
                    return True
                self._flights.remove(flight)
                return self.send_next(topic, session)
        while len(self._flights) < _WINDOW:
            index = self._outbox.find(self._sent_boot, self._sent_seq + 1)
            if index == len(self._outbox):
                break
            self._sent_boot, self._sent_seq = self._outbox.key(index)
            flight = _Flight(self._sent_boot, self._sent_seq)
            if self._send(flight, topic, session):
                self._flights.append(flight)
                return True
        return False

    def on_puback(self, pid):
        for flight in self._flights:
            if flight.pid == pid:
                flight.pid = 0
                flight.dup = False  # another attempt would be another message
                since = self._since(flight.boot, flight.seq)
                if flight.tries == 1 and since is not None:
                    self._stats.on_puback(ticks_diff(ticks_ms(), since))
                return

    def on_ack(self, boot, seq):
        """The gateway has stored the alert; an answer to what was not sent since boot changes nothing."""
        for flight in self._flights:
            if flight.boot == boot and flight.seq == seq:
                break
        else:
            return
        self._flights.remove(flight)
        if self._outbox.remove(boot, seq):
            self._stats.acked += 1
            since = self._since(boot, seq)
            if since is not None:
                self._stats.on_ack(ticks_diff(ticks_ms(), since))
                del self._raised[seq]

    def _since(self, boot, seq):
        return self._raised.get(seq) if boot == self._outbox.boot else None

    def _send(self, flight, topic, session):
        payload = self._outbox.read(flight.boot, flight.seq)
        if payload is None:
            return False
        flight.pid = session.publish(topic, payload, 1, False, flight.dup)
        flight.sent = ticks_ms()
        flight.tries += 1
        flight.dup = True
        self._stats.sent += 1
        return True
