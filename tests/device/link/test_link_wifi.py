import asyncio

from support import run

from picket import link
from picket.link.wifi import Wifi

_CONFIG = {"ssid": "plant", "password": "secret", "ntp": ""}


class _Wlan:
    """A station that connects when it has been looked at `looks` times."""

    def __init__(self, looks=3):
        self.calls = []
        self.looks = looks
        self.connected = False

    def active(self, on):
        self.calls.append(("active", on))

    def disconnect(self):
        self.calls.append("disconnect")

    def connect(self, ssid, password):
        self.calls.append((ssid, password))

    def isconnected(self):
        self.looks -= 1
        self.connected = self.connected or self.looks < 0
        return self.connected

    def status(self):
        return 1001

    def ifconfig(self):
        return ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.2")


def test_it_connects_and_learns_the_name_server():
    wlan = _Wlan()
    run(Wifi(_CONFIG, wlan=wlan).up())
    assert wlan.calls == [("active", True), "disconnect", ("plant", "secret")]
    assert link.name_server == ("10.0.0.2", 53)
    link.name_server = None


def test_a_standing_connection_is_left_alone():
    wlan = _Wlan(looks=0)
    run(Wifi(_CONFIG, wlan=wlan).up())
    assert wlan.calls == []
    link.name_server = None


def test_it_gives_up_after_its_time_and_tries_anew_when_asked_again():
    wlan = _Wlan(looks=10000)
    wifi = Wifi(_CONFIG, timeout_ms=50, wlan=wlan)

    async def attempt():
        try:
            await wifi.up()
        except OSError as e:
            return str(e)

    assert run(attempt()) == "plant: not connected within 50 ms, status 1001"
    wlan.connected = True
    wlan.calls.clear()
    assert run(attempt()) is None
    assert wlan.calls == []
    link.name_server = None


def test_others_go_on_while_it_waits():
    wlan = _Wlan(looks=10000)
    waiting = []

    async def other():
        while True:
            await asyncio.sleep(0.01)
            waiting.append(not wlan.connected)
            wlan.connected = len(waiting) > 3

    async def both():
        task = asyncio.create_task(other())
        await Wifi(_CONFIG, timeout_ms=100_000, wlan=wlan).up()
        task.cancel()

    run(both())
    assert waiting[:4] == [True] * 4
    link.name_server = None
