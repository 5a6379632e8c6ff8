# Runs on the board, behind slot.py: checks part by part, one JSON line each: name, fault (null: none), findings.
# Every check stands alone: one that fails or finds no memory does not keep the next from running.
# ruff: noqa: F821  (names of slot.py, which stands before this in the same program)
import gc
import time
from array import array

_SENSE_MS = 1500
_FLASH_BYTES = 4096
_FLASH_LEAST = 65536
_LINK_S = 20


class Fault(Exception):
    """What a check found wrong."""


def report(name, check):
    gc.collect()
    fault, found = None, ""
    try:
        found = check()
        if found is None:
            return
    except Fault as error:
        fault = str(error)
    except ImportError as error:
        fault = "missing: %s" % error
    except MemoryError:
        fault = "the memory does not suffice"
    except Exception as error:
        fault = "%s: %s" % (type(error).__name__, error)
    print(json.dumps({"name": name, "fault": fault, "found": found}))


def firmware():
    if sys.implementation.name != "micropython" or sys.implementation.version[:2] < (1, 25):
        raise Fault(
            "%s %d.%d is older than 1.25" % ((sys.implementation.name,) + tuple(sys.implementation.version[:2]))
        )
    return "MicroPython %d.%d" % tuple(sys.implementation.version[:2])


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


def sense(section, count, check, describe):
    from picket.sensors import OVERRUN, open_source

    source = open_source(section)
    values = array("h", bytes(2 * count))
    filled, overruns = 0, 0
    source.start()
    start = time.ticks_ms()
    while filled < count and time.ticks_diff(time.ticks_ms(), start) < _SENSE_MS:
        got = source.read_into(values, filled)
        if got == OVERRUN:
            filled, overruns = 0, overruns + 1
            continue
        filled += got * source.channels
        if not got:
            time.sleep_ms(1)
    source.stop()
    if filled < count:
        raise Fault("%d of %d samples within %d ms" % (filled, count, _SENSE_MS))
    flags = check(values)
    if flags:
        names = ("the readings never change", "saturated", "out of range", "missing")
        raise Fault(", ".join([name for i, name in enumerate(names) if flags >> i & 1]))
    return "%s: %s" % (section["driver"], describe(values, source))


def vibration():
    if config is None:
        raise Fault("not known without a configuration")
    section = config["vibration"]
    if section["driver"] == "none":
        return "none configured"
    from picket.sensors.checks import Window

    def describe(values, source):
        return "%d samples at %d Hz, from %d to %d" % (len(values), source.rate_hz, min(values), max(values))

    slow = section["driver"] == "adc"
    return sense(section, 32 if slow else 1024, Window().check, describe)


def attitude():
    if config is None:
        raise Fault("not known without a configuration")
    section = config["attitude"]
    if section["driver"] == "none":
        return "none configured"
    from picket.sensors.checks import Motion

    frames = min(24, section["rate_hz"])

    def check(values):
        motion = Motion()
        flags = 0
        for i in range(frames):
            flags = motion.check(values[7 * i : 7 * i + 7])
        return flags

    def describe(values, _):
        return "%d frames, gravity %d %d %d counts" % (frames, values[0], values[1], values[2])

    return sense(section, 7 * frames, check, describe)


def model():
    folder = slot(pointer()["model"]) + "/model"
    try:
        os.stat(folder)
    except OSError:
        raise Fault("there is none in %s" % folder)
    from picket.infer.model import Package

    package = Package(folder)
    vectors = 0
    for _ in package.proof():
        vectors += 1
    if package.fault:
        raise Fault(package.fault)
    return "%s %s: %d golden vectors bit for bit, engine %s" % (package.name, package.version, vectors, package.engine)


async def reach(host, port):
    import asyncio

    if config["wifi"]["ssid"]:
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
        raise Fault("not known without a configuration")
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
enter(pointer()["app"])
report("firmware", firmware)
report("flash", flash)
report("native module", native_module)
report("configuration", configuration)
report("vibration sensor", vibration)
report("attitude sensor", attitude)
report("model", model)
report("link", link)
