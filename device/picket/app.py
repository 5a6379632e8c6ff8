"""The application: builds its objects from the configuration and runs one task for each responsibility."""

import asyncio
import os

import machine
import picket_native

from picket import board, log
from picket.clock import Uptime, unix_time
from picket.compat import const
from picket.link.outbox import Outbox
from picket.link.uplink import Uplink
from picket.modules import forget, load
from picket.monitor import Monitor
from picket.sensors import open_source
from picket.update.agent import Agent
from picket.vitals import Vitals

_TAG = "app"
_RETRY_MS = const(5000)  # between attempts to open the attitude sensor
_TRIAL_WINDOWS = const(3)  # to be judged before a release is confirmed
_LAST_WORDS_MS = const(2000)  # to send the last state before a restart
_RESETS = ("", "power", "hard", "watchdog", "deep sleep", "soft")


class App:
    """What the device is made of. OSError: the flash can't be read or written; ConfigError: see `picket.config`."""

    def __init__(self):
        self._uptime = Uptime()
        self._config = config = load("config").load("/config.json")
        self._station = None
        if config["soil"]["driver"] != "none":
            self._station = load("soil.station").Station(config, machine)
        slots = load("update.slots").Slots()
        slots.reconcile(os.getcwd())
        self._agent = Agent(self, slots, config["update"]["public_key"])
        self._model_path = slots.model_path
        self._outbox = Outbox(config["outbox"]["max_entries"])
        self._outbox.begin(load("link.boot_count").advance(floor=self._outbox.last_boot()))
        forget("config", "infer.gate_settings", "link.boot_count", "update.slots", "update.files")
        self._attitude = None
        self._report_now = asyncio.Event()
        self._monitor = Monitor(config, _ignore if self._station else self._alert)
        self._uplink = Uplink(config, self._outbox, self._agent.offer, self._on_command, self._birth)
        self._vitals = Vitals(
            machine.WDT(timeout=config["watchdog_ms"]), self._monitor.is_alive, self._monitor.turn, _started_well
        )

    async def run(self):
        """Run until something is beyond repair, which is an exception."""
        pointer = self._agent.pointer
        slots = "application %d, model %d, %s" % (pointer["app"], pointer["model"], pointer["state"])
        log.info(_TAG, "boot %d," % self._outbox.boot, slots)
        await asyncio.gather(self._vitals.run(), self._operate())

    async def _operate(self):
        await self._load_model()
        if self._station:
            wake = self._station.run(self._monitor.package, self._uplink, self._agent, self._alert, self._report)
            await asyncio.gather(self._monitor.run(), self._agent.run(), wake)
        tasks = [self._monitor.run(), self._level(), self._summarise(), self._agent.run()]
        if self._config["mqtt"]["host"]:
            tasks.append(self._uplink.run())
        await asyncio.gather(*tasks)

    async def _load_model(self):
        """Put the active model to work; a broken one gives way to the previous one, if there is one."""
        try:
            os.stat(self._model_path)
        except OSError:
            log.warning(_TAG, "no model: waiting for a release")
            return
        try:
            self._monitor.use(await self._monitor.load(self._model_path))
        except (ValueError, MemoryError) as error:
            log.error(_TAG, "the model can't be used:", error)
            if self._agent.pointer["previous"]:
                load("update.slots").Slots().roll_back(str(error))
                await self.restart()

    # Tasks beside sensing.

    async def _level(self):
        section = self._config["attitude"]
        while section["driver"] != "none":
            wait_ms = _RETRY_MS
            try:
                if not self._attitude:
                    from picket.attitude import Attitude  # takes heap only where it is used

                    self._attitude = Attitude(open_source(section, Attitude.channels))
                self._attitude.poll()
                wait_ms = self._attitude.poll_ms
            except OSError as error:
                log.error(_TAG, "attitude sensor:", error)
                self._attitude = None
            await asyncio.sleep(wait_ms / 1000)

    async def _summarise(self):
        while True:
            try:
                await asyncio.wait_for(self._report_now.wait(), self._config["report"]["summary_s"])
            except asyncio.TimeoutError:
                pass
            self._report_now.clear()
            self._report()

    def _report(self):
        fields = self._monitor.summary()
        fields["t"] = unix_time()
        fields["up_ms"] = self._uptime.ms()
        fields["tilt"] = self._attitude.tilt_deg() if self._attitude else None
        fields["heap"] = self._vitals.heap_free
        fields["heap_low"] = self._vitals.heap_low
        self._uplink.summary(fields)

    # What the others call.

    def _alert(self, event, window, end_ms):
        fields = {
            "t": unix_time(), "u": self._uptime.ms(end_ms), "w": window,
            "k": event.label, "p": event.percent, "a": event.anomaly, "on": event.on,
        }
        key = self._uplink.alert(fields, end_ms)
        if key:
            print("ALERT", key[0], key[1], event.label, "on=%d" % event.on, "win=%d" % window)

    def _birth(self):
        pointer = self._agent.pointer
        package = self._monitor.package
        return {
            "app": pointer["app"],
            "model": pointer["model"],
            "model_name": package.name if package else None,
            "model_sha": package.sha256 if package else None,
            "engine": package.engine if package else None,
            "mpy": board.mpy_version(),
            "hw": board.hardware(),
            "state": pointer["state"],
            "highest": pointer["highest"],
            "rolled_back": pointer["rolled_back"],
            "reset": _RESETS[machine.reset_cause()],
        }

    def _on_command(self, command):
        name = command["cmd"]
        if name == "reset":
            asyncio.create_task(self.restart())
        elif name == "summary":
            self._report_now.set()
        elif name == "identify":
            print("IDENTIFY", self._config["device"]["group"], self._config["device"]["id"])
        elif name == "forecast" and self._station:
            self._station.take_forecast(command)
        else:
            raise KeyError(name)

    # What updates want of a device (see `update.agent`).

    def say(self, state):
        self._uplink.state(state)

    async def turn(self):
        await self._monitor.turn()

    async def connect(self, host, port, secure):
        transport = load("link.transport")
        context = transport.tls_context(self._config["mqtt"]["ca"]) if secure else None
        return await transport.connect(host, port, context)

    def verify(self, signature, key, message):
        return picket_native.verify(signature, key, message)

    async def prove(self, folder, new_engine, room):
        if new_engine and hasattr(picket_native, "__file__"):
            return None  # the new engine can't be loaded beside the old one: the trial proves the model with it
        return await self._monitor.load(folder, room)

    def swap(self, package):
        self._monitor.use(package)

    def missing(self):
        # A station reads its sensors once a wake, and decides rarely.
        sensed = self._station.sensed if self._station else self._monitor.judged >= _TRIAL_WINDOWS
        conditions = (
            ("sensors read", not self._monitor.has_sensor or sensed),
            ("model proven", self._monitor.package is not None),
            ("acknowledged by the gateway", self._uplink.birth_acked.is_set()),
        )
        return [name for name, met in conditions if not met]

    def pointer_changed(self):
        self._uplink.rebirth()

    async def restart(self):
        await self._uplink.drained(_LAST_WORDS_MS)
        _started_well()  # so well that it restarts on purpose
        machine.reset()


def _started_well():
    load("starts").well()
    forget("starts")


def _ignore(event, window, end_ms):
    pass  # the station says what it decides


def main():
    """Run the application until something is beyond repair, which is an exception."""
    asyncio.run(App().run())
