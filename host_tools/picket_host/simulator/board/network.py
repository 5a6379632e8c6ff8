"""MicroPython's `network` for one station interface; the access point stands in board.json ("wifi").

The sockets are the host's: with the access point down the interface says so, but a connection that is open stays open.
"""

import time

import simworld
from micropython import const

STA_IF = 0
AP_IF = 1

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

_ASSOCIATION_MS = const(150)
_SCAN_MS = const(500)
_RSSI_DBM = const(-55)

_hostname = "mpy-esp32"


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    _hostname = name
    return None


def country(code=None):
    return "XX" if code is None else None


class WLAN:
    IF_STA = STA_IF
    IF_AP = AP_IF
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    # One radio, however many objects stand for it.
    _active = False
    _wanted = None  # (ssid, password) since connect()
    _since_ms = 0
    _settings = {}

    def __init__(self, interface=STA_IF):
        if interface != STA_IF:
            raise ValueError("invalid WLAN interface identifier")

    def active(self, on=None):
        if on is None:
            return WLAN._active
        WLAN._active = bool(on)
        if not on:
            WLAN._wanted = None
        return WLAN._active

    def connect(self, ssid=None, key=None, *, bssid=None):
        if not WLAN._active:
            raise OSError("Wifi Not Started")
        if WLAN._wanted is not None:
            raise OSError("Wifi Internal State Error")
        WLAN._wanted = (ssid, key)
        WLAN._since_ms = time.ticks_ms()

    def disconnect(self):
        WLAN._wanted = None

    def isconnected(self):
        return self.status() == STAT_GOT_IP

    def status(self, param=None):
        if param == "rssi":
            return _RSSI_DBM
        if param is not None:
            raise ValueError("unknown status param")
        simworld.poll()
        if WLAN._wanted is None:
            return STAT_IDLE
        if time.ticks_diff(time.ticks_ms(), WLAN._since_ms) < _ASSOCIATION_MS:
            return STAT_CONNECTING
        ssid, key = WLAN._wanted
        wifi = simworld.wifi
        if not wifi["up"] or wifi.get("ssid", ssid) != ssid:
            return STAT_NO_AP_FOUND
        if wifi.get("password", key) != key:
            return STAT_WRONG_PASSWORD
        return STAT_GOT_IP

    def scan(self):
        simworld.poll()
        time.sleep_ms(_SCAN_MS)
        if not simworld.wifi["up"]:
            return []
        return [(simworld.wifi.get("ssid", "picket").encode(), b"\x02\x00\x00\x00\x00\x00", 1, _RSSI_DBM, 3, False)]

    def config(self, *args, **kwargs):
        if kwargs:
            WLAN._settings.update(kwargs)
            return None
        name = args[0]
        if name == "mac":
            return simworld.unique_id
        if name == "ssid":
            return WLAN._wanted[0] if WLAN._wanted else ""
        if name not in WLAN._settings:
            raise ValueError("unknown config param")
        return WLAN._settings[name]

    def ifconfig(self, config=None):
        if config is not None:
            raise NotImplementedError("the addresses are the host's")
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1") if self.isconnected() else ("0.0.0.0",) * 4
