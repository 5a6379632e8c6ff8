"""A real gateway service that kills itself at a chosen point: ``crashing_gateway.py STATE PORT POINT COUNT``.

The process gets SIGKILL when POINT is reached for the COUNT-th time with an alert or an update state in hand; POINT
``none`` never comes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from picket_host.gateway import ingest as ingest_module
from picket_host.gateway import service as service_module
from picket_host.gateway.service import BrokerAddress, Service

announced = threading.Event()  # the test waits for the line, so nothing dies before it
state, port, point, count = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])


def reached(name: str, outcome) -> None:
    global count
    if name == point and any(event.kind in ("alert", "ota_state") for event in outcome.events):
        count -= 1
        if count == 0:
            announced.wait()
            os.kill(os.getpid(), signal.SIGKILL)


def before_commit(finish):
    def wrapped(batch):
        outcome = finish(batch)
        reached("before_commit", outcome)
        return outcome

    return wrapped


def after_commit(ingest):
    def wrapped(store, messages):
        outcome = ingest(store, messages)
        reached("after_commit", outcome)
        return outcome

    return wrapped


def around_answer(answer):
    def wrapped(service, outcome):
        answer(service, outcome)
        reached("answer_queued", outcome)
        if point == "answer_sent":
            time.sleep(0.05)
        reached("answer_sent", outcome)

    return wrapped


def after_puback(tell):
    def wrapped(service, outcome):
        tell(service, outcome)
        reached("after_puback", outcome)

    return wrapped


ingest_module._Batch.finish = before_commit(ingest_module._Batch.finish)
service_module.ingest = after_commit(service_module.ingest)
Service._answer = around_answer(Service._answer)
Service._tell = after_puback(Service._tell)

service = Service(state, BrokerAddress("127.0.0.1", port), "http://127.0.0.1:8080")
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
service.start()
service.wait_subscribed(60)
print(json.dumps({"event": "ready"}), flush=True)
announced.set()
signal.sigwait({signal.SIGTERM})
service.stop()
