"""A field's station: wakes, senses, decides, says what is worth it, waters, and sleeps again.

What outlives the sleep lies in the RTC's memory, and twice a day on flash, for after a power cut.
"""

import asyncio

from picket import log
from picket.clock import unix_time
from picket.compat import const, ticks_diff, ticks_ms
from picket.infer.gate import Event
from picket.soil import forecast, memory
from picket.soil.valve import Valve

_TAG = "station"
_SENSORS = ("probe1", "probe2", "air", "light")
_POLL_MS = const(50)
_READING_MS = const(15000)  # for the sensors to be read
_FORECAST_MS = const(1000)  # a retained forecast comes right after the gateway's answer
_UPDATE_MS = const(600000)  # how long an update may keep the board awake
_LEAST_SLEEP_S = const(5)


class Told:
    """What has been said of each sensor, so that it is said once."""

    KEPT = _SENSORS

    def __init__(self):
        for name in _SENSORS:
            setattr(self, name, 0)


class Station:
    """config: the whole configuration. hardware: the module `machine`. The valve closes when this object is made."""

    def __init__(self, config, hardware):
        section = config["soil"]
        self._section = section
        self._duty = config["duty"]
        self._online = config["mqtt"]["host"] != ""
        self._hardware = hardware
        self._told = Told()
        self._session = None  # the uplink's task, while there is one
        self._package = None
        pin = section["valve_pin"]
        output = hardware.Pin(pin, hardware.Pin.OUT, value=0) if pin >= 0 else _no_valve
        self._valve = Valve(output, section["max_s"], section["day_max_s"])

    @property
    def sensed(self):
        """Whether the sensors have been read since the boot."""
        return self._package is not None and self._package.features.read

    async def run(self, package, uplink, agent, alert, report):
        """One wake, which ends asleep.

        package: at work in a monitor that runs, or None; uplink, agent: the application's; alert(event, window, ticks)
        stores one, as for the monitor; report() leaves a summary with the uplink.
        """
        self._package, self._uplink, self._agent, self._alert = package, uplink, agent, alert
        features = package.features if package else None
        if features:
            self._remember(features)
        if self._online and self._worth_talking(features):
            await self._talk()
        label, seconds = "", 0
        if features:
            features.held = False
            await _until(lambda: features.read, _READING_MS)
            news = self._tell_faults(features)
            if features.decided:
                label, seconds = self._decide(package)
            if self._online and (news or seconds) and not self._session:
                await self._talk()
        if self._session:
            report()
            await self._finish()
        if seconds:
            await self._water(features, seconds)
            self._tell(label, 0, seconds, 0)
        if features:
            self._keep(features)
        self._hardware.deepsleep(self._sleep_ms())

    def take_forecast(self, message):
        """A command with a forecast; ValueError, KeyError or TypeError when it makes no sense."""
        newest = forecast.from_message(message)
        if self._package:
            self._package.features.forecast = newest
        forecast.keep(newest)

    # What is known.

    def _remember(self, features):
        features.prepare(self._section)
        features.forecast = forecast.kept()
        parts = self._parts(features)
        if not memory.unpack(parts, memory.through_sleep(self._hardware.RTC())):
            memory.unpack(parts, memory.read())
        features.field.woke()

    def _keep(self, features):
        """Returns what is kept."""
        return memory.through_sleep(self._hardware.RTC(), memory.pack(self._parts(features)))

    def _parts(self, features):
        return features.field.parts() + (self._valve, self._told)

    # Talking.

    def _worth_talking(self, features):
        minute = unix_time() // 60
        return (
            self._hardware.reset_cause() == self._hardware.PWRON_RESET
            or not features or not minute or features.slot(minute) or self._agent.on_trial or not self._uplink.idle
        )  # fmt: skip

    async def _talk(self):
        """Be connected, with the newest forecast; or give it up for this time."""
        self._session = asyncio.create_task(self._uplink.run())
        if await _until(self._uplink.birth_acked.is_set, self._duty["awake_s"] * 1000):
            await asyncio.sleep(_FORECAST_MS / 1000)
        else:
            log.warning(_TAG, "no answer from the gateway")

    async def _finish(self):
        """End the session once everything has been said, or has taken too long."""
        if self._uplink.birth_acked.is_set():
            await _until(lambda: not (self._agent.busy or self._agent.on_trial), _UPDATE_MS)
            await _until(lambda: self._uplink.idle, self._duty["awake_s"] * 1000)
        self._session.cancel()
        try:
            await self._session
        except asyncio.CancelledError:
            pass
        self._session = None
        self._uplink.rest()

    def _tell_faults(self, features):
        """Alert what has become wrong or well again; whether there was something."""
        news = False
        findings = features.field.findings()
        for i in range(len(_SENSORS)):
            name, flags = _SENSORS[i], findings[i]
            if (flags != 0) != (getattr(self._told, name) != 0):
                self._tell(name, 0, flags, 1 if flags else 0)
                news = True
            setattr(self._told, name, flags)
        return news

    def _tell(self, label, percent, value, on):
        event = Event(label)
        event.percent, event.anomaly, event.on = percent, value, on
        self._alert(event, 1, ticks_ms())

    # Water.

    def _decide(self, package):
        """Label of the decision, and seconds to water for; they count as used from now on, whatever comes."""
        features = package.features
        field = features.field
        best = 0
        for i in range(len(package.percents)):
            if package.percents[i] > package.percents[best]:
                best = i
        percent = package.percents[best]
        share = features.shares[best] if percent >= self._section["sure_pct"] else 0
        wanted = field.reach_mm10 * share * 36 // self._section["flow_mm10_h"]
        seconds = self._valve.grant(field.day, wanted)
        log.info(_TAG, "decided", package.labels[best], percent, "%:", seconds, "of", wanted, "s")
        try:
            memory.write(self._keep(features))
        except OSError as error:
            # A limit that a power cut could make forgotten is none.
            log.error(_TAG, "no water, because the flash can't be written:", error)
            return package.labels[best], 0
        if seconds:
            self._tell(package.labels[best], percent, seconds, 1)
        return package.labels[best], seconds

    async def _water(self, features, seconds):
        log.info(_TAG, "watering for", seconds, "s")
        await self._valve.water(seconds, self._doze)
        features.field.given_mm100 += seconds * self._section["flow_mm10_h"] // 360

    async def _doze(self, ms):
        self._hardware.lightsleep(ms)
        await asyncio.sleep(0)  # for whoever feeds the watchdog

    def _sleep_ms(self):
        """To the next whole multiple of the period, so that the hours of decision are met."""
        period_s = self._duty["sleep_s"]
        rest_s = period_s - unix_time() % period_s
        return 1000 * (rest_s if rest_s >= _LEAST_SLEEP_S else rest_s + period_s)


async def _until(condition, timeout_ms):
    """Whether the condition has come true in time."""
    start = ticks_ms()
    while not condition():
        if ticks_diff(ticks_ms(), start) > timeout_ms:
            return False
        await asyncio.sleep(_POLL_MS / 1000)
    return True


def _no_valve(level):
    pass
