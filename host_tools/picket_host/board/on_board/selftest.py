# Runs on the board, behind slot.py: checks part by part, one JSON line each: name, fault (null: none), the cause if
# that lies elsewhere, findings.
# Every check stands alone: one that fails or finds no memory does not keep the next from running.
# ruff: noqa: F821  (names of slot.py, which stands before this in the same program)
import gc
import time
from array import array

_SENSE_MS = 5000
_FLASH_BYTES = 4096
_FLASH_LEAST = 65536
_LINK_S = 20


class Fault(Exception):
    """What a check found wrong."""

    def __init__(self, text, cause=None):
        super().__init__(text)
        self.cause = cause  # another check, if what is wrong is wrong there, or "memory"


def report(name, check):
    gc.collect()
    fault, cause, found = None, None, ""
    try:
        found = check()
        if found is None:
            return
    except Fault as error:
        fault, cause = str(error), error.cause
    except ImportError as error:
        fault = "missing: %s" % error
    except MemoryError:
        fault, cause = "the memory does not suffice", "memory"
    except Exception as error:
        fault = "%s: %s" % (type(error).__name__, error)
    print(json.dumps({"name": name, "fault": fault, "cause": cause, "found": found}))


def firmware():
    if sys.implementation.name != "micropython" or sys.implementation.version[:2] < (1, 25):
        raise Fault(
            "%s %d.%d is older than 1.25" % ((sys.implementation.name,) + tuple(sys.implementation.version[:2]))
        )
    return "MicroPython %d.%d" % tuple(sys.implementation.version[:2])


def application():
    sequence = pointer()["app"]
    try:
        os.stat(slot(sequence) + "/main.py")
    except OSError:
        raise Fault("there is none")
    ended = crash()
    if ended:
        raise Fault("it ended: %s" % " | ".join([line.strip() for line in ended.strip().split("\n")[-2:]]))
    return "release %d" % sequence if sequence else "from the cable"


def native_module():
    import picket_native

    where = getattr(picket_native, "__file__", "firmware")
    if not hasattr(picket_native, "Model"):
        raise Fault("%s has no Model" % where)
    return "picket_native in %s" % where


def configuration():
    global config
    from picket import config as module

    try:
        config = module.load("/config.json")
    except module.ConfigError as error:
        raise Fault(str(error))
    finally:
        del sys.modules["picket.config"]
    return "%s in %s" % (config["device"]["id"], config["device"]["group"])


def flash():
    path = "/selftest.tmp"
    pattern = bytearray(i * 7 & 0xFF for i in range(256))
    read = bytearray(256)
    stat = os.statvfs("/")
    free = stat[0] * stat[3]
    if free < _FLASH_LEAST:
        raise Fault("only %d bytes of %d are free" % (free, stat[1] * stat[2]))
    try:
        with open(path, "wb") as f:
            for _ in range(_FLASH_BYTES // 256):
                f.write(pattern)
        with open(path, "rb") as f:
            for i in range(_FLASH_BYTES // 256):
                if f.readinto(read) != 256 or read != pattern:
                    raise Fault("block %d reads other than it was written" % i)
    finally:
        try:
            os.remove(path)
        except OSError:
            pass
    return "%d KB free; %d bytes written and read back" % (free // 1024, _FLASH_BYTES)


def model():
    global package
    folder = slot(pointer()["model"]) + "/model"
    try:
        os.stat(folder)
    except OSError:
        raise Fault("there is none in %s" % folder)
    from picket.infer.model import Package

    found = Package(folder)
    vectors = 0
    for _ in found.proof():
        vectors += 1
    if found.fault:
        raise Fault(found.fault)
    package = found
    return "%s %s: %d golden vectors bit for bit, engine %s" % (found.name, found.version, vectors, found.engine)


def opened(name, channels):
    """The source of a sensor's section, or None when it is configured to have none."""
    if config is None:
        raise Fault("not known without a configuration", "configuration")
    from picket.sensors import open_source

    return open_source(config[name], channels)


def say(flags):
    if flags:
        names = ("the readings never change", "saturated", "out of range", "missing", "sensors disagree")
        raise Fault(", ".join([name for i, name in enumerate(names) if flags >> i & 1]) or "flags %d" % flags)


def sensor():
    """One window of the sensor that the model wants, judged by the model's own pipeline."""
    if package is None:
        raise Fault("not known without a model, which says what it senses", "model")
    features = package.features
    source = opened(features.section, features.channels)
    if source is None:
        raise Fault("%s: the model wants it, the configuration has the driver none" % features.section)
    window = features.window(source)
    start = time.ticks_ms()
    while not window.poll():
        if time.ticks_diff(time.ticks_ms(), start) > _SENSE_MS:
            window.stop()
            raise Fault("%s: no whole window within %d ms" % (features.section, _SENSE_MS))
        time.sleep_ms(min(window.wait_ms(), 5))
    took_ms = time.ticks_diff(time.ticks_ms(), start)
    say(features.check(window.samples))
    driver = config[features.section]["driver"]
    return "%s by %s: %d values in %d ms" % (features.section, driver, len(window.samples), took_ms)


def attitude():
    source = opened("attitude", 7)
    if source is None:
        return "none configured"
    from picket.sensors import OVERRUN
    from picket.sensors.checks import Motion

    motion = Motion()
    frame = array("h", bytes(14))
    frames, flags = min(24, source.rate_hz), 0
    done = 0
    source.start()
    start = time.ticks_ms()
    while done < frames:
        got = source.read_into(frame)
        if got != OVERRUN and got:
            flags = motion.check(frame)
            done += 1
        elif time.ticks_diff(time.ticks_ms(), start) > _SENSE_MS:
            raise Fault("%d of %d frames within %d ms" % (done, frames, _SENSE_MS))
        else:
            time.sleep_ms(1)
    source.stop()
    say(flags)
    return "%s: %d frames, gravity %d %d %d counts" % (config["attitude"]["driver"], done, frame[0], frame[1], frame[2])


async def reach(host, port):
    import asyncio

    if config["wifi"]["ssid"]:
        try:
            import network  # noqa: F401
        except ImportError:
            raise Fault("a Wi-Fi is configured, and this board has none")
        from picket.link.wifi import Wifi

        await Wifi(config["wifi"]).up()
    from picket.link import transport

    section = config["mqtt"]
    context = transport.tls_context(section["ca"]) if section["tls"] else None
    _, writer = await asyncio.wait_for(transport.connect(host, port, context), _LINK_S)
    writer.close()
    await writer.wait_closed()


def link():
    if config is None:
        raise Fault("not known without a configuration", "configuration")
    host, port = config["mqtt"]["host"], config["mqtt"]["port"]
    if not host:
        return "no broker configured"
    import asyncio

    try:
        asyncio.run(reach(host, port))
    except asyncio.TimeoutError:
        raise Fault("%s:%d does not answer within %d s" % (host, port, _LINK_S))
    except OSError as error:
        raise Fault("%s:%d: %s" % (host, port, error))
    return "%s:%d answers" % (host, port)


config = None
package = None
enter(pointer()["app"])
report("firmware", firmware)
report("flash", flash)
report("application", application)
report("native module", native_module)
report("model", model)  # early: it wants the largest pieces of memory
report("configuration", configuration)
report("sensor", sensor)
report("attitude sensor", attitude)
report("link", link)
