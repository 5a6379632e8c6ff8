import json

from support import error_of

from picket import config

_LEAST = '{"device":{"id":"press-1"}}'

_EXAMPLE = """{"device":{"id":"press-1","group":"plant-a"},
 "mqtt":{"host":"127.0.0.1","port":1883,"user":"","password":"","tls":false,"ca":"/certs/ca.der","keepalive_s":30},
 "wifi":{"ssid":"","password":""},
 "update":{"public_key":"%s"},
 "vibration":{"driver":"iis3dwb","spi":1,"cs":5,"range_g":8,"axis":"x"},
 "attitude":{"driver":"mpu6050","i2c":0,"addr":104,"rate_hz":100},
 "gate":{"threshold_pct":80,"release_pct":50,"min_windows":2,"release_windows":8,"uncertain_pct":60,"anomaly":1000},
 "report":{"summary_s":10},"outbox":{"max_entries":256},"watchdog_ms":8000}""" % ("0a" * 32)


def _fault(path, value):
    data = json.loads(_EXAMPLE)
    section, _, key = path.rpartition(".")
    (data.setdefault(section, {}) if section else data)[key] = value
    return error_of(config.ConfigError, config.check, data)


def test_the_example_of_the_contracts_is_valid_and_unchanged_by_the_check():
    checked = config.check(json.loads(_EXAMPLE))
    for section, values in json.loads(_EXAMPLE).items():
        if not isinstance(values, dict):
            assert checked[section] == values
            continue
        for key, value in values.items():
            assert checked[section][key] == value, (section, key)


def test_only_the_device_id_must_be_given():
    checked = config.check(json.loads(_LEAST))
    assert checked["gate"] == {}, "the model's package says how its gate is set"
    assert checked["mqtt"]["port"] == 1883
    assert checked["watchdog_ms"] == 8000
    assert set(checked) == {row[0].split(".")[0] for row in config.SCHEMA}


def test_a_missing_id_is_an_error_with_an_example():
    assert error_of(config.ConfigError, config.check, {}) == 'device.id: missing; for example "press-1"'


def test_every_default_and_every_example_is_valid():
    for path, kind, default, _, _, example in config.SCHEMA:
        if kind == "key":
            example = "ab" * 32
        for value in (default, example):
            if value is not None:
                data = {"device": {"id": "press-1"}, "mqtt": {"user": "press-1"}}
                section, _, key = path.rpartition(".")
                (data.setdefault(section, {}) if section else data)[key] = value
                config.check(data)


def test_out_of_range_is_named_with_its_path_and_range():
    assert _fault("mqtt.port", 70000) == "mqtt.port: 70000 is out of range 1..65535; for example 1883"
    assert _fault("watchdog_ms", 5).startswith("watchdog_ms: 5 is out of range ")


def test_values_of_the_wrong_type_are_refused():
    assert _fault("mqtt.port", "1883") == 'mqtt.port: "1883" is not an integer; for example 1883'
    assert "is not an integer" in _fault("mqtt.port", True)
    assert "is not an integer" in _fault("mqtt.port", 1.5)
    assert "neither true nor false" in _fault("mqtt.tls", 1)
    assert "is not a string" in _fault("mqtt.host", None)
    assert "is none of" in _fault("vibration.driver", "iis3dwd")
    assert "is none of 2, 4, 8, 16" in _fault("vibration.range_g", 3)
    assert "is none of" in _fault("vibration.range_g", "8")


def test_names_are_safe_as_parts_of_a_topic():
    for name in ("a/b", "a+", "#", "", "a" * 49, "a b", "\u00e9", "a.b"):
        assert _fault("device.id", name).startswith("device.id: "), name


def test_a_public_key_is_64_hexadecimal_digits():
    for key in ("0" * 63, "0" * 65, "g" * 64):
        assert "update.public_key: " in _fault("update.public_key", key)


def test_a_misspelt_key_is_an_error_that_lists_the_known():
    assert _fault("mqtt.prot", 1).startswith("mqtt.prot: unknown; mqtt knows host, port, user")
    assert _fault("mqqt", {}).startswith("mqqt: unknown; known are ")
    assert _fault("mqtt", 3) == "mqtt: not an object"
    assert error_of(config.ConfigError, config.check, []).startswith("not an object")


def test_values_that_contradict_each_other_are_refused():
    assert _fault("gate.release_pct", 90).startswith("gate.release_pct: higher than gate.threshold_pct")
    assert _fault("mqtt.password", "secret").startswith("mqtt.user: missing beside mqtt.password")


def test_a_part_of_the_gate_may_be_given():
    given = {"device": {"id": "press-1"}, "gate": {"release_pct": 90}}
    assert config.check(given)["gate"] == {"release_pct": 90}


def test_a_file_is_loaded_and_its_absence_named():
    text = error_of(config.ConfigError, config.load, "/no/such/config.json")
    assert text.startswith("/no/such/config.json: can't be read")


def test_a_sensor_that_there_is_not_has_no_other_values():
    checked = config.check({"device": {"id": "press-1"}, "vibration": {"driver": "none", "spi": 1}})
    assert checked["vibration"] == {"driver": "none"}
    assert "is out of range" in error_of(
        config.ConfigError, config.check, {"device": {"id": "press-1"}, "vibration": {"driver": "none", "spi": 9}}
    )


def test_sensors_that_only_some_models_need_are_there_when_asked_for():
    checked = config.check(json.loads(_LEAST))
    assert checked["motion"] == checked["heart"] == {"driver": "none"}
    data = {"device": {"id": "watch-1"}}
    data["motion"] = {"driver": "mpu6050", "accel_g": 8}
    data["heart"] = {"driver": "max30102", "led_ma": 20}
    checked = config.check(data)
    assert (checked["motion"]["accel_g"], checked["motion"]["gyro_dps"], checked["motion"]["rate_hz"]) == (8, 2000, 100)
    assert (checked["heart"]["addr"], checked["heart"]["led_ma"]) == (87, 20)
    assert "is none of 250, 500, 1000, 2000" in _fault("motion.gyro_dps", 300)
    assert "out of range 1..51" in _fault("heart.led_ma", 60)
