"""The configuration: its one schema, and the check that the device and, unchanged, the host make with it.

`load(path)` and `check(data)` return every section as a dict with all its values (a sensor's with the driver "none" has
no others; of the gate's, those given: the model's package says the rest); a section with a value that must be given
(device) must be there, all else has a default.
"""

import json

from picket.infer import gate_settings

_NO_DEFAULT = None

# Path, kind, default, lowest and highest value (of a text: length in bytes) or the choices, a valid example.
# Names are parts of topics; their length keeps SUBSCRIBE packets within umqtt's 127 bytes.
SCHEMA = tuple(
    [("gate." + name, "int", default, low, high, default) for name, default, low, high in gate_settings.TABLE]
) + (
    ("device.id", "name", _NO_DEFAULT, 1, 48, "press-1"),
    ("device.group", "name", "default", 1, 48, "plant-a"),
    # Without a host the device senses and decides, and tells nobody.
    ("mqtt.host", "text", "", 0, 253, "192.168.1.10"),
    ("mqtt.port", "int", 1883, 1, 65535, 1883),
    ("mqtt.user", "text", "", 0, 128, "press-1"),
    ("mqtt.password", "text", "", 0, 128, "secret"),
    ("mqtt.tls", "bool", False, 0, 0, True),
    ("mqtt.ca", "text", "/certs/ca.der", 1, 64, "/certs/ca.der"),
    ("mqtt.keepalive_s", "int", 30, 5, 3600, 30),
    ("mqtt.retry_max_s", "int", 60, 1, 3600, 60),
    # Without an SSID the network is somebody else's (a wired board, the simulator).
    ("wifi.ssid", "text", "", 0, 32, "plant"),
    ("wifi.password", "text", "", 0, 63, "secret-phrase"),
    # Sets the clock of a board that does not know the time; without it no certificate can be checked.
    ("wifi.ntp", "text", "pool.ntp.org", 0, 253, "192.168.1.1"),
    # EdDSA over Curve25519 with BLAKE2b; without a key no release is ever taken.
    ("update.public_key", "key", "", 0, 64, "64 hexadecimal digits"),
    ("vibration.driver", "choice", "iis3dwb", ("iis3dwb", "adc", "replay", "none"), 0, "iis3dwb"),
    ("vibration.spi", "int", 1, 0, 3, 1),
    ("vibration.cs", "int", 5, 0, 63, 5),
    ("vibration.range_g", "choice", 8, (2, 4, 8, 16), 0, 8),
    ("vibration.axis", "choice", "x", ("x", "y", "z"), 0, "x"),
    # For the drivers adc (pin) and replay (file: little-endian int16 frames, no header).
    ("vibration.file", "text", "/recordings/vibration.i16", 1, 64, "/recordings/vibration.i16"),
    ("vibration.pin", "int", 36, 0, 39, 36),
    ("vibration.rate_hz", "int", 26667, 1, 26667, 26667),
    # A model has its sensor in the section that its pipeline names; the driver none costs nothing.
    # For the driver replay: a file of little-endian int16 values, no header.
    ("microphone.driver", "choice", "none", ("i2s", "replay", "none"), 0, "i2s"),
    ("microphone.i2s", "int", 0, 0, 1, 0),
    ("microphone.sck", "int", 26, 0, 63, 26),
    ("microphone.ws", "int", 25, 0, 63, 25),
    ("microphone.sd", "int", 33, 0, 63, 33),
    # Each bit doubles: an INMP441 gives quiet speech 50 counts of 32768 without any, 800 with four.
    ("microphone.gain_bits", "int", 4, 0, 8, 4),
    ("microphone.rate_hz", "int", 16000, 8000, 48000, 16000),
    ("microphone.file", "text", "/recordings/microphone.i16", 1, 64, "/recordings/microphone.i16"),
    # For the driver frames: a file of greyscale frames, a byte a pixel, row by row, no header.
    ("camera.driver", "choice", "none", ("camera", "frames", "none"), 0, "camera"),
    ("camera.width", "int", 96, 16, 640, 96),
    ("camera.height", "int", 96, 16, 480, 96),
    ("camera.file", "text", "/recordings/camera.u8", 1, 64, "/recordings/camera.u8"),
    # Two moisture probes on ADC pins, in dry air and in saturated soil; air (SHT3x) and light (BH1750) on I2C. A pin of
    # -1 is not there. With them the device waters a field, and sleeps in between: see models/irrigation/README.md.
    ("soil.driver", "choice", "none", ("probes", "none"), 0, "probes"),
    ("soil.pin", "int", 34, 0, 39, 34),
    ("soil.pin2", "int", 35, 0, 39, 35),
    ("soil.dry_mv", "int", 2250, 0, 5000, 2250),
    ("soil.wet_mv", "int", 1050, 0, 5000, 1050),
    ("soil.dry2_mv", "int", 2250, 0, 5000, 2250),
    ("soil.wet2_mv", "int", 1050, 0, 5000, 1050),
    ("soil.power_pin", "int", -1, -1, 39, 25),
    ("soil.i2c", "int", 0, 0, 1, 0),
    ("soil.air_addr", "int", 68, 8, 119, 68),
    ("soil.light_addr", "int", 35, 8, 119, 35),
    ("soil.field_permille", "int", 260, 30, 600, 260),
    ("soil.wilting_permille", "int", 120, 10, 400, 120),
    ("soil.root_mm", "int", 500, 50, 3000, 500),
    ("soil.depletion_pct", "int", 40, 5, 90, 40),
    ("soil.crop_pct", "int", 80, 20, 150, 80),
    ("soil.latitude_deg", "int", 45, -60, 60, 45),
    ("soil.utc_offset_min", "int", 0, -720, 840, 120),
    ("soil.valve_pin", "int", -1, -1, 39, 26),
    ("soil.flow_mm10_h", "int", 80, 1, 2000, 80),
    ("soil.max_s", "int", 3600, 1, 14400, 3600),
    ("soil.day_max_s", "int", 10800, 1, 43200, 10800),
    ("soil.sure_pct", "int", 50, 1, 100, 50),
    ("duty.sleep_s", "int", 3600, 10, 86400, 3600),
    ("duty.awake_s", "int", 60, 5, 600, 60),
    # Of somebody who moves; a recording has frames of ax ay az temperature gx gy gz.
    ("motion.driver", "choice", "none", ("mpu6050", "replay", "none"), 0, "mpu6050"),
    ("motion.i2c", "int", 0, 0, 1, 0),
    ("motion.addr", "int", 104, 8, 119, 104),
    ("motion.rate_hz", "int", 100, 4, 1000, 100),
    ("motion.accel_g", "choice", 16, (2, 4, 8, 16), 0, 16),
    ("motion.gyro_dps", "choice", 2000, (250, 500, 1000, 2000), 0, 2000),
    ("motion.file", "text", "/recordings/motion.i16", 1, 64, "/recordings/motion.i16"),
    # Light through the skin; a recording has one value for each of 100 samples a second.
    ("heart.driver", "choice", "none", ("max30102", "replay", "none"), 0, "max30102"),
    ("heart.i2c", "int", 0, 0, 1, 0),
    ("heart.addr", "int", 87, 8, 119, 87),
    ("heart.led_ma", "int", 7, 1, 51, 7),
    ("heart.rate_hz", "int", 100, 20, 1000, 100),
    ("heart.file", "text", "/recordings/heart.i16", 1, 64, "/recordings/heart.i16"),
    ("attitude.driver", "choice", "mpu6050", ("mpu6050", "replay", "none"), 0, "mpu6050"),
    ("attitude.i2c", "int", 0, 0, 1, 0),
    ("attitude.addr", "int", 104, 8, 119, 104),
    ("attitude.rate_hz", "int", 100, 4, 1000, 100),
    ("attitude.file", "text", "/recordings/attitude.i16", 1, 64, "/recordings/attitude.i16"),
    ("report.summary_s", "int", 10, 1, 86400, 10),
    ("outbox.max_entries", "int", 256, 1, 4096, 256),
    ("watchdog_ms", "int", 8000, 1000, 120000, 8000),
)


class ConfigError(ValueError):
    """A configuration that can't be used; the text names the path in the file and shows a valid value."""


def load(path):
    """Read and check the JSON file `path`. ConfigError says what is wrong with it."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError as e:
        raise ConfigError("%s: can't be read (%s)" % (path, e))
    except UnicodeError:
        raise ConfigError("%s: not UTF-8" % path)
    try:
        data = json.loads(text)
    except (ValueError, RuntimeError) as e:  # RuntimeError: nested deeper than the stack
        raise ConfigError("%s: not JSON (%s)" % (path, e))
    return check(data)


def check(data):
    """`data`: the parsed file. Returns a new nested dict with every value of the schema."""
    if not isinstance(data, dict):
        raise ConfigError('not an object; for example {"device":{"id":"press-1","group":"plant-a"}}')
    _refuse_unknown(data)
    result = {}
    for path, kind, default, low, high, example in SCHEMA:
        section, _, key = path.rpartition(".")
        source = data.get(section, {}) if section else data
        target = result.setdefault(section, {}) if section else result
        if key in source:
            fault = _fault(source[key], kind, low, high)
            if fault:
                raise ConfigError("%s: %s; for example %s" % (path, fault, json.dumps(example)))
            target[key] = source[key]
        elif default is _NO_DEFAULT:
            raise ConfigError("%s: missing; for example %s" % (path, json.dumps(example)))
        elif section != "gate":
            target[key] = default
    _drop_unused(result)
    if result["gate"].get("release_pct", 0) > result["gate"].get("threshold_pct", 100):
        raise ConfigError("gate.release_pct: higher than gate.threshold_pct; for example 50")
    soil = result["soil"]
    if soil["driver"] != "none":
        if soil["wilting_permille"] >= soil["field_permille"]:
            raise ConfigError("soil.wilting_permille: not below soil.field_permille; for example 120")
        if soil["dry_mv"] == soil["wet_mv"] or soil["dry2_mv"] == soil["wet2_mv"]:
            raise ConfigError("soil.wet_mv: equal to soil.dry_mv; measure the probe in dry air and in wet soil")
    if result["mqtt"]["password"] and not result["mqtt"]["user"]:
        raise ConfigError('mqtt.user: missing beside mqtt.password; for example "press-1"')
    return result


def _drop_unused(result):
    # Nobody reads the other values of a sensor that there is not, so they need not lie in a device's heap all year.
    none = {"driver": "none"}
    for name, values in result.items():
        if isinstance(values, dict) and values.get("driver") == "none":
            result[name] = none


def _refuse_unknown(data):
    # A misspelt key would otherwise go unnoticed: its default would be taken.
    paths = [row[0] for row in SCHEMA]
    sections = {path.split(".")[0] for path in paths if "." in path}
    for name, value in data.items():
        if name in sections:
            if not isinstance(value, dict):
                raise ConfigError("%s: not an object" % name)
            for key in value:
                if "%s.%s" % (name, key) not in paths:
                    raise ConfigError("%s.%s: unknown; %s knows %s" % (name, key, name, _keys_of(name, paths)))
        elif name not in paths:
            raise ConfigError("%s: unknown; known are %s" % (name, ", ".join(sorted(sections) + _top(paths))))


def _keys_of(section, paths):
    return ", ".join([path.split(".")[1] for path in paths if path.startswith(section + ".")])


def _top(paths):
    return [path for path in paths if "." not in path]


def _fault(value, kind, low, high):
    """What is wrong with a value, or None."""
    if kind == "int":
        # A bool is an int to Python, not to whoever wrote the file.
        if not isinstance(value, int) or isinstance(value, bool):
            return "%s is not an integer" % json.dumps(value)
        if not low <= value <= high:
            return "%d is out of range %d..%d" % (value, low, high)
        return None
    if kind == "bool":
        return None if isinstance(value, bool) else "%s is neither true nor false" % json.dumps(value)
    if kind == "choice":
        if type(value) is type(low[0]) and value in low:
            return None
        return "%s is none of %s" % (json.dumps(value), ", ".join([json.dumps(choice) for choice in low]))
    if not isinstance(value, str):
        return "%s is not a string" % json.dumps(value)
    length = len(value.encode())
    if not low <= length <= high:
        return "%d bytes long, allowed are %d..%d" % (length, low, high)
    if kind == "name":
        for char in value:
            if not ("a" <= char <= "z" or "A" <= char <= "Z" or "0" <= char <= "9" or char in "-_"):
                return "%s has other characters than letters, digits, - and _" % json.dumps(value)
    elif kind == "key" and value:
        if length != high:
            return "not %d hexadecimal digits" % high
        for char in value:
            if char not in "0123456789abcdefABCDEF":
                return "not %d hexadecimal digits" % high
    elif "\0" in value:
        return "has a zero byte"
    return None
