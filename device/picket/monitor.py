"""The sensing task: keeps the model's pipeline running, whatever happens to its sensor, and hands its events on."""

import asyncio

from picket import log
from picket.compat import const, ticks_diff, ticks_ms
from picket.infer.model import Package, PackageError
from picket.infer.pipeline import Pipeline
from picket.sensors import open_source

_TAG = "monitor"
_IDLE_MS = const(1000)  # between two looks while a sensor fails or there is no model
_STUCK_MS = const(5000)
_TURN_MS = const(10)  # the least pause between two windows that is worth a write to the flash
_LONGEST_TURN_MS = const(2000)  # windows without a pause between them must not hold up everything else

class Monitor:
    """Senses as soon as a package is there (see `use`); without one, or with driver "none", it rests.

    on_event(event, window, end_ms): an event, number and last sample's ticks of the window that it was decided on.
    """

    def __init__(self, config, on_event):
        self._config = config
        self._on_event = on_event
        self._pipeline = None
        self._came_round = ticks_ms()

    @property
    def package(self):
        """What is at work, or None."""
        return self._pipeline.package if self._pipeline else None

    @property
    def has_sensor(self):
        """Whether the sensor that the package is made for is configured."""
        return self._pipeline is not None and self._section(self.package)["driver"] != "none"

    @property
    def judged(self):
        """Windows that the model has judged since the package was put to work."""
        return self._pipeline.judged if self._pipeline else 0

    def is_alive(self):
        """Whether the task still comes round."""
        return ticks_diff(ticks_ms(), self._came_round) < _STUCK_MS

    async def load(self, folder, room=None):
        """The model package of a folder, proven. PackageError or MemoryError: it can't be used, and why.

        room: see `Package`.
        """
        await self.turn()
        package = Package(folder, self.package, room)
        for _ in package.proof():
            self._came_round = ticks_ms()
            await self.turn()
        if package.fault:
            raise PackageError(package.fault)
        return package

    def use(self, package):
        """Put a proven package to work from the next window on. ValueError: it does not fit the sensor; all stays."""
        if self._section(package)["driver"] == "none":
            log.warning(_TAG, "the model's sensor is not configured:", package.features.section)
        pipeline = self._pipeline
        if not pipeline:
            self._pipeline = Pipeline(package, self._config["gate"])
            return
        for event in pipeline.swap(package):
            self._tell(pipeline, event)

    async def run(self):
        """Sense for ever."""
        while True:
            self._came_round = ticks_ms()
            wait_ms = _IDLE_MS
            try:
                pipeline = self._pipeline
                if pipeline and pipeline.source:
                    if pipeline.poll():
                        self._tell(pipeline, pipeline.event())
                    wait_ms = pipeline.window.wait_ms()
                elif self.has_sensor:
                    self._open(pipeline)
                    wait_ms = 0
            except OSError as error:
                log.error(_TAG, pipeline.package.features.section, "sensor:", error)
                pipeline.missing()
                self._tell(pipeline, pipeline.event())
                wait_ms = _IDLE_MS
            await asyncio.sleep(wait_ms / 1000)

    async def turn(self):
        """Return when the flash may be written, or another long step be done, without losing samples."""
        start = ticks_ms()
        while self._pipeline and self._pipeline.idle_ms() < _TURN_MS:
            if ticks_diff(ticks_ms(), start) > _LONGEST_TURN_MS:
                break
            await asyncio.sleep(max(1, self._pipeline.window.wait_ms()) / 1000)
        await asyncio.sleep(0)

    def summary(self):
        """The fields of a `data` message that come from here; without a package, those that must be there."""
        return self._pipeline.summary() if self._pipeline else {"win": 0, "missed": 0}

    def _section(self, package):
        """The configuration of a package's sensor. ValueError: this application knows no such sensor."""
        name = package.features.section
        if name not in self._config:
            raise ValueError("the configuration has no section %s" % name)
        return self._config[name]

    def _open(self, pipeline):
        package = pipeline.package
        try:
            pipeline.open(open_source(self._section(package), package.features.channels))
        except ValueError as error:
            log.error(_TAG, "the model does not fit the sensor:", error)
            self._pipeline = None

    def _tell(self, pipeline, event):
        """Hand on this event and those that come with it."""
        while event:
            self._on_event(event, pipeline.window.number if pipeline.window else 0, pipeline.end_ms)
            event = pipeline.event()
