"""What the link has counted since boot, and how long alerts were under way lately."""


class Stats:
    """Counts only grow. Latencies run from an alert's last sample, and only for alerts that met no outage."""

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
