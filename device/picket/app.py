"""The application: builds its objects from the configuration and runs one task for each responsibility."""

import asyncio
import os
import sys
import time

import machine
import picket_native

from picket import log
from picket.clock import Uptime, unix_time
from picket.compat import const
from picket.config import load
from picket.infer.model import PackageError
from picket.link import boot_count, transport
from picket.link.outbox import Outbox
from picket.link.uplink import Uplink
from picket.monitor import Monitor
from picket.sensors import open_source
from picket.update import files, release
from picket.update.health import Health
from picket.update.slots import Slots
from picket.update.updater import UPDATED, Updater

_TAG = "app"
_RETRY_MS = const(5000)  # between attempts to open the attitude sensor
_TRIAL_WINDOWS = const(3)  # to be judged before a release is confirmed
_LAST_WORDS_MS = const(2000)  # to send the last state before a restart
_CRASH_PAUSE_MS = const(1000)  # for whoever reads the console
_RESETS = ("", "power", "hard", "watchdog", "deep sleep", "soft")


class App:
    """What the device is made of. OSError: the flash can't be read or written; ConfigError: see `picket.config`."""

    def __init__(self):
        self._uptime = Uptime()
        self._config = config = load("/config.json")
        self._slots = Slots()
        self._slots.reconcile(os.getcwd())
        self._outbox = Outbox(config["outbox"]["max_entries"])
        self._outbox.begin(boot_count.advance(floor=self._outbox.last_boot()))
        self._attitude = None
        self._report_now = asyncio.Event()
        settled = asyncio.Event()
        self._monitor = Monitor(config, self._alert)
        self._uplink = Uplink(config, self._outbox, self._on_offer, self._on_command, self._birth)
        self._updater = Updater(
            self._slots, config["update"]["public_key"], settled, self._monitor.turn, picket_native.verify,
            self._uplink.state, self._prove, self._swap, self._restart, self._connect,
        )
        conditions = (
            ("sensors read", self._senses),
            ("model proven", self._is_proven),
            ("acknowledged by the gateway", self._uplink.birth_acked.is_set),
        )
        self._health = Health(
            self._slots, settled, self._monitor.turn, self._monitor.is_alive, conditions,
            self._confirmed, self._restart, machine.WDT(timeout=config["watchdog_ms"]),
        )

    async def run(self):
        """Run until something is beyond repair, which is an exception."""
        pointer = self._slots.pointer
        slots = "application %d, model %d, %s" % (pointer["app"], pointer["model"], pointer["state"])
        log.info(_TAG, "boot %d," % self._outbox.boot, slots)
        await asyncio.gather(self._health.run(), self._operate())

    async def _operate(self):
        await self._load_model()
        tasks = [self._monitor.run(), self._level(), self._summarise(), self._updater.run()]
        if self._config["mqtt"]["host"]:
            tasks.append(self._uplink.run())
        await asyncio.gather(*tasks)

    async def _load_model(self):
        """Put the active model to work; a broken one gives way to the previous one, if there is one."""
        folder = self._slots.model_path
        if not files.is_folder(folder):
            log.warning(_TAG, "no model: waiting for a release")
            return
        try:
            self._monitor.use(await self._monitor.load(folder))
        except (PackageError, MemoryError) as error:
            log.error(_TAG, "the model can't be used:", error)
            if self._slots.pointer["previous"]:
                self._slots.roll_back(str(error))
                await self._restart()

    # Tasks beside sensing.

    async def _level(self):
        section = self._config["attitude"]
        while section["driver"] != "none":
            wait_ms = _RETRY_MS
            try:
                if not self._attitude:
                    from picket.attitude import Attitude  # takes heap only where it is used

                    self._attitude = Attitude(open_source(section))
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
            fields = self._monitor.summary()
            fields["t"] = unix_time()
            fields["up_ms"] = self._uptime.ms()
            fields["tilt"] = self._attitude.tilt_deg() if self._attitude else None
            fields["heap"] = self._health.heap_free
            fields["heap_low"] = self._health.heap_low
            self._uplink.summary(fields)

    # What the others call.

    def _alert(self, event, window):
        fields = {
            "t": unix_time(), "u": self._uptime.ms(window.end_ms), "w": window.number,
            "k": event.label, "p": event.percent, "a": event.anomaly, "on": event.on,
        }
        key = self._uplink.alert(fields, window.end_ms)
        if key:
            print("ALERT", key[0], key[1], event.label, "on=%d" % event.on, "win=%d" % window.number)

    def _birth(self):
        pointer = self._slots.pointer
        package = self._monitor.package
        return {
            "app": pointer["app"],
            "model": pointer["model"],
            "model_name": package.name if package else None,
            "model_sha": package.sha256 if package else None,
            "engine": package.engine if package else None,
            "mpy": release.mpy_version(),
            "hw": release.hardware(),
            "state": pointer["state"],
            "highest": pointer["highest"],
            "rolled_back": pointer["rolled_back"],
            "reset": _RESETS[machine.reset_cause()],
        }

    def _on_offer(self, offer):
        self._updater.offer(offer)

    def _on_command(self, command):
        name = command["cmd"]
        if name == "reset":
            asyncio.create_task(self._restart())
        elif name == "summary":
            self._report_now.set()
        elif name == "identify":
            print("IDENTIFY", self._config["device"]["group"], self._config["device"]["id"])
        else:
            raise KeyError(name)

    async def _connect(self, host, port, secure):
        context = transport.tls_context(self._config["mqtt"]["ca"]) if secure else None
        return await transport.connect(host, port, context)

    # Updates.

    async def _prove(self, folder, manifest):
        if hasattr(picket_native, "__file__") and release.brings_engine(manifest):
            return None  # the new engine can't be loaded beside the old one: the trial proves the model with it
        try:
            return await self._monitor.load(folder)
        except PackageError as error:
            raise release.Refused(str(error))

    def _swap(self, package):
        try:
            self._monitor.use(package)
        except ValueError as error:
            raise release.Refused(str(error))
        self._uplink.rebirth()

    def _senses(self):
        return not self._monitor.has_sensor or self._monitor.judged >= _TRIAL_WINDOWS

    def _is_proven(self):
        return self._monitor.package is not None

    def _confirmed(self):
        self._updater.report(self._slots.current, UPDATED)
        self._uplink.rebirth()

    async def _restart(self):
        await self._uplink.drained(_LAST_WORDS_MS)
        machine.reset()


def main():
    """Run the application; whatever ends it, the board starts anew: on trial, boot.py counts that."""
    try:
        asyncio.run(App().run())
    except Exception as error:
        sys.print_exception(error)
        time.sleep_ms(_CRASH_PAUSE_MS)
        machine.reset()
