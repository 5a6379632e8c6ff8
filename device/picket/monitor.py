"""The sensing task: keeps the vibration pipeline running, whatever happens to its sensor, and hands its events on."""

import asyncio

from picket import log
from picket.compat import const, ticks_diff, ticks_ms
from picket.infer.model import Package, PackageError
from picket.infer.pipeline import Pipeline
from picket.sensors import checks, open_source

_TAG = "monitor"
_IDLE_MS = const(1000)  # between two looks while a sensor fails or there is no model
_STUCK_MS = const(5000)
_TURN_MS = const(10)  # the least pause between two windows that is worth a write to the flash
_LONGEST_TURN_MS = const(2000)  # windows without a pause between them must not hold up everything else

_NOTHING = {"win": 0, "missed": 0, "cls": [], "unc": 0, "anom": [0, 0], "rms": 0, "inf_us": 0}


class Monitor:
    """Senses as soon as a package is there (see `use`); without one, or with driver "none", it rests.

    on_event(event, window): an event of the gate, and the window that it was decided on.
    judged: windows judged since the package was put to work. flags: last finding of the sensor's check.
    """

    def __init__(self, config, on_event):
        self.package = None
        self.judged = 0
        self._section = config["vibration"]
        self._gate = config["gate"]
        self._on_event = on_event
        self._source = None
        self._pipeline = None
        self._check = checks.Window()
        self._came_round = ticks_ms()

    @property
    def has_sensor(self):
        """Whether one is configured."""
        return self._section["driver"] != "none"

    @property
    def flags(self):
        return self._check.flags

    def is_alive(self):
        """Whether the task still comes round."""
        return ticks_diff(ticks_ms(), self._came_round) < _STUCK_MS

    async def load(self, folder):
        """The model package of a folder, proven. PackageError or MemoryError: it can't be used, and why."""
        await self.turn()
        package = Package(folder, self.package)
        for _ in package.proof():
            self._came_round = ticks_ms()
            await self.turn()
        if package.fault:
            raise PackageError(package.fault)
        return package

    def use(self, package):
        """Put a proven package to work from the next window on. ValueError: it does not fit the sensor; all stays."""
        if self._pipeline:
            for event in self._pipeline.swap(package):
                self._on_event(event, self._pipeline.window)
        self.package = package
        self.judged = 0

    async def run(self):
        """Sense for ever."""
        while True:
            self._came_round = ticks_ms()
            wait_ms = _IDLE_MS
            try:
                if self._pipeline:
                    if self._pipeline.poll():
                        self._judge()
                    wait_ms = self._pipeline.window.wait_ms()
                elif self.package and self.has_sensor:
                    self._open()
                    wait_ms = 0
            except OSError as error:
                log.error(_TAG, "vibration sensor:", error)
                self._check.missed()
                wait_ms = _IDLE_MS
            await asyncio.sleep(wait_ms / 1000)

    async def turn(self):
        """Return when the flash may be written, or another long step be done, without losing samples."""
        start = ticks_ms()
        while self._pipeline and self._pipeline.window.idle_ms() < _TURN_MS:
            if ticks_diff(ticks_ms(), start) > _LONGEST_TURN_MS:
                break
            await asyncio.sleep(max(1, self._pipeline.window.wait_ms()) / 1000)
        await asyncio.sleep(0)

    def summary(self):
        """The fields of a `data` message that come from here."""
        return self._pipeline.summary() if self._pipeline else dict(_NOTHING)

    def _open(self):
        self._source = self._source or open_source(self._section)
        try:
            self._pipeline = Pipeline(self._source, self.package, self._gate)
        except ValueError as error:
            log.error(_TAG, "the model does not fit the sensor:", error)
            self.package = None

    def _judge(self):
        self.judged += 1
        self._check.check(self._pipeline.window.samples)
        event = self._pipeline.event()
        while event:
            self._on_event(event, self._pipeline.window)
            event = self._pipeline.event()
