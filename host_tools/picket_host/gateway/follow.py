"""Alerts as they are stored, for whoever watches from another process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from picket_host.gateway.store import Store, StoredAlert
from picket_host.gateway.wire import Source

_POLL_S = 0.2


def follow_alerts(state: Path, source: Source | None = None, newest: int | None = None) -> Iterator[StoredAlert]:
    """Yield the alerts that are stored (the newest few where that is given), then each new one; never ends by itself.

    Raises:
        InputError: no gateway has kept its state here.
    """
    with Store.open_existing(state) as store:
        seen = 0
        change = store.changed_elsewhere()
        alerts = store.alerts(source=source, newest=newest)
        while True:
            for alert in alerts:
                seen = alert.id
                yield alert
            while (now := store.changed_elsewhere()) == change:
                time.sleep(_POLL_S)
            change = now
            alerts = store.alerts(after_id=seen, source=source)
