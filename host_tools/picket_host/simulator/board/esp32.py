"""MicroPython's `esp32`: NVS and partitions, kept in files of the board's folder that the device cannot see."""

import errno
import json

import simworld
from micropython import const

_NVS_FILE = "nvs.json"
_OTADATA_FILE = "otadata.json"
_KEY_LENGTH = const(15)
_BLOCK = const(4096)
_IOCTL_BLOCK_COUNT = const(4)
_IOCTL_BLOCK_SIZE = const(5)
_IOCTL_BLOCK_ERASE = const(6)
_ERR_NVS_NOT_FOUND = const(0x1102)
_ERR_NVS_KEY_TOO_LONG = const(0x1109)
_ERR_NVS_INVALID_LENGTH = const(0x110C)


def _read_json(name, default):
    try:
        with simworld.files.open(name, "r") as f:
            return json.load(f)
    except OSError:
        return default


def _write_json(name, value):
    # Renamed into place, so that a power cut leaves the old or the new.
    with simworld.files.open(name + ".new", "w") as f:
        json.dump(value, f)
    simworld.files.rename(name + ".new", name)


_nvs = _read_json(_NVS_FILE, {})  # namespace -> {key -> number, or a blob's hexadecimal digits}


class NVS:
    """A namespace of the non-volatile storage. What is set lasts once commit() has returned."""

    def __init__(self, namespace):
        self._values = _nvs.setdefault(self._checked(namespace), {})

    def set_i32(self, key, value):
        if not -0x80000000 <= value <= 0x7FFFFFFF:
            raise OverflowError("overflow converting long int to machine word")
        self._values[self._checked(key)] = value

    def get_i32(self, key):
        value = self._values.get(self._checked(key))
        if not isinstance(value, int):
            raise OSError(-_ERR_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return value

    def set_blob(self, key, value):
        self._values[self._checked(key)] = bytes(value).hex()

    def get_blob(self, key, buffer):
        value = self._values.get(self._checked(key))
        if not isinstance(value, str):
            raise OSError(-_ERR_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        blob = bytes.fromhex(value)
        if len(blob) > len(buffer):
            raise OSError(-_ERR_NVS_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(blob)] = blob
        return len(blob)

    def erase_key(self, key):
        if self._checked(key) not in self._values:
            raise OSError(-_ERR_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        del self._values[key]

    def commit(self):
        _write_json(_NVS_FILE, _nvs)

    def _checked(self, key):
        if len(key) > _KEY_LENGTH:
            raise OSError(-_ERR_NVS_KEY_TOO_LONG, "ESP_ERR_NVS_KEY_TOO_LONG")
        return key


# (type, subtype, address, size, label, encrypted) as Partition.info() gives it: 4 MB with two firmware slots
_TABLE = (
    (1, 2, 0x9000, 0x4000, "nvs", False),
    (1, 0, 0xD000, 0x2000, "otadata", False),
    (0, 16, 0x10000, 0x180000, "ota_0", False),
    (0, 17, 0x190000, 0x180000, "ota_1", False),
    (1, 129, 0x310000, 0xF0000, "vfs", False),
)


def _boot_loader():
    """Do what the boot loader does at a reset: leave a firmware that did not call itself valid in its first run."""
    state = _read_json(_OTADATA_FILE, {"boot": "ota_0", "state": "valid"})
    if state["state"] == "new":
        state["state"] = "pending"
        _write_json(_OTADATA_FILE, state)
    elif state["state"] == "pending":
        state = {"boot": _other(state["boot"]), "state": "valid"}
        _write_json(_OTADATA_FILE, state)
    return state


def _other(label):
    return "ota_1" if label == "ota_0" else "ota_0"


_otadata = _boot_loader()
_running = _otadata["boot"]


class Partition:
    """A partition of the flash; its content lies in `partition-<label>.bin`."""

    BOOT = 0
    RUNNING = 1
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, id, block_size=_BLOCK):
        label = _otadata["boot"] if id == self.BOOT else _running if id == self.RUNNING else id
        for row in _TABLE:
            if row[4] == label:
                self._info = row
                break
        else:
            raise OSError(errno.ENOENT)
        self._block_size = block_size

    @classmethod
    def find(cls, type=TYPE_APP, subtype=0xFF, label=None, block_size=_BLOCK):
        return [
            cls(row[4], block_size)
            for row in _TABLE
            if row[0] == type and subtype in (0xFF, row[1]) and label in (None, row[4])
        ]

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        _otadata["state"] = "valid"
        _write_json(_OTADATA_FILE, _otadata)

    def info(self):
        return self._info

    def set_boot(self):
        if self._info[0] != self.TYPE_APP:
            raise OSError(-0x102, "ESP_ERR_INVALID_ARG")
        _otadata["boot"] = self._info[4]
        _otadata["state"] = "new"
        _write_json(_OTADATA_FILE, _otadata)

    def get_next_update(self):
        return Partition(_other(self._info[4]), self._block_size)

    def readblocks(self, block_num, buf, offset=0):
        for i in range(len(buf)):
            buf[i] = 0xFF
        try:
            with simworld.files.open(self._name(), "rb") as f:
                f.seek(block_num * self._block_size + offset)
                f.readinto(buf)
        except OSError:
            pass  # nothing was ever written

    def writeblocks(self, block_num, buf, offset=None):
        self._create()
        with simworld.files.open(self._name(), "r+b") as f:
            f.seek(block_num * self._block_size + (offset or 0))
            f.write(buf)

    def ioctl(self, op, arg):
        if op == _IOCTL_BLOCK_COUNT:
            return self._info[3] // self._block_size
        if op == _IOCTL_BLOCK_SIZE:
            return self._block_size
        if op == _IOCTL_BLOCK_ERASE:
            self.writeblocks(arg, b"\xff" * self._block_size)
        return 0

    def _name(self):
        return f"partition-{self._info[4]}.bin"

    def _create(self):
        try:
            simworld.files.stat(self._name())
        except OSError:
            with simworld.files.open(self._name(), "wb") as f:
                for _ in range(self._info[3] // _BLOCK):
                    f.write(b"\xff" * _BLOCK)
