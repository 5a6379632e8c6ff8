"""Provisioning: checked before anything is written, secrets never shown, the old configuration or the new one."""

from __future__ import annotations

import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from picket_flash import CONFIG

from picket_host.board.provision import make_plan, merged, overlaid, present_config, provision, read_config_file
from picket_host.errors import BoardError, InputError

_PASSWORD = "correct horse battery"
_KEY = "0f" * 32


def _certificate(valid_days):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "plant CA")])
    now = datetime.datetime.now(datetime.UTC)
    start = now - datetime.timedelta(days=30)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(start).not_valid_after(now + datetime.timedelta(days=valid_days))
    )
    return builder.sign(key, hashes.SHA256()), key


@pytest.fixture(scope="module")
def ca():
    return _certificate(100)[0]


def _full_config():
    wifi = {"ssid": "plant", "password": _PASSWORD}
    mqtt = {"host": "broker.plant", "user": "press-2", "password": _PASSWORD}
    return {**CONFIG, "device": {"id": "press-2"}, "wifi": wifi, "mqtt": mqtt, "update": {"public_key": _KEY}}


def test_what_is_given_arrives_on_the_board_as_its_own_code_reads_it(picket_session, tmp_path, ca):
    (tmp_path / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    plan = make_plan(_full_config(), tmp_path / "ca.pem")
    done = provision(picket_session, plan)
    assert done.written == ("/certs/ca.der", "/config.json")
    assert picket_session.read_file("/certs/ca.der") == ca.public_bytes(Encoding.DER)
    read = picket_session.ask("import json\nfrom picket import config\nprint(json.dumps(config.load('/config.json')))")
    assert read["device"] == {"id": "press-2", "group": "default"}
    assert (read["mqtt"]["tls"], read["mqtt"]["password"], read["wifi"]["password"]) == (True, _PASSWORD, _PASSWORD)
    assert read["update"]["public_key"] == _KEY
    assert present_config(picket_session) == plan.config


def test_what_ended_the_application_before_does_not_count_with_a_new_configuration(picket_session):
    picket_session.write_file("/state/crash", b"ConfigError: device.id: missing")
    provision(picket_session, make_plan(CONFIG))
    assert "/state/crash" not in [file.path for file in picket_session.files("/state")]


def test_a_configuration_that_the_boards_code_refuses_leaves_the_old_one(picket_session):
    older = picket_session.read_file("/picket/config.py").replace(b'"device.group"', b'"device.team"')
    picket_session.write_file("/picket/config.py", older)
    with pytest.raises(BoardError, match="the board refuses the configuration: device.group: unknown"):
        provision(picket_session, make_plan(CONFIG))
    assert json.loads(picket_session.read_file("/config.json")) == CONFIG
    assert [f.path for f in picket_session.files() if f.path.endswith(".new")] == []


def test_secrets_are_neither_in_results_nor_in_their_text():
    plan = make_plan(_full_config())
    assert plan.shown["wifi"] == {"ssid": "plant", "password": "(set)"}
    assert _PASSWORD not in repr(plan) + json.dumps(plan.shown)
    assert plan.config["wifi"]["password"] == _PASSWORD


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("device.id", "press/2", "device.id: .* has other characters"),
        ("mqtt.port", 70000, "mqtt.port: 70000 is out of range"),
        ("mqtt.hots", "x", "mqtt.hots: unknown"),
        ("update.public_key", "abc", "neither 64 hexadecimal digits nor a key file"),
        ("update.public_key", "zz" * 32, "not 64 hexadecimal digits"),
    ],
)
def test_what_the_device_would_refuse_is_refused_before_it_is_written(path, value, message):
    with pytest.raises(InputError, match=message):
        make_plan(merged(CONFIG, {path: value}))


def test_the_update_key_may_be_a_file(tmp_path):
    (tmp_path / "plant.key.pub").write_text(_KEY.upper() + "\n")
    plan = make_plan(merged(CONFIG, {"update.public_key": str(tmp_path / "plant.key.pub")}))
    assert plan.config["update"]["public_key"] == _KEY


def test_a_certificate_is_taken_as_der_too(tmp_path, ca):
    (tmp_path / "ca.der").write_bytes(ca.public_bytes(Encoding.DER))
    assert make_plan(CONFIG, tmp_path / "ca.der").certificate == ca.public_bytes(Encoding.DER)


def _written_port(config, ca=None):
    plan = make_plan(config, ca)
    return plan.config.get("mqtt", {}).get("port"), [note for note in plan.notes if "8883" in note]


def test_over_tls_the_broker_is_reached_at_its_usual_port_unless_another_is_given(tmp_path, ca):
    (tmp_path / "ca.der").write_bytes(ca.public_bytes(Encoding.DER))
    port, notes = _written_port(CONFIG, tmp_path / "ca.der")
    assert port == 8883 and notes == ["TLS is on and no port was given: mqtt.port is 8883"]
    assert _written_port(merged(CONFIG, {"mqtt.tls": True}))[0] == 8883
    for given in (1883, 8884):
        assert _written_port(merged(CONFIG, {"mqtt.port": given}), tmp_path / "ca.der") == (given, [])
    assert _written_port(CONFIG) == (None, [])


def test_an_expired_certificate_a_key_and_anything_else_are_refused(tmp_path):
    expired, key = _certificate(-1)
    (tmp_path / "old.pem").write_bytes(expired.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(InputError, match="has expired on"):
        make_plan(CONFIG, tmp_path / "old.pem")
    with pytest.raises(InputError, match="is no certificate") as raised:
        make_plan(CONFIG, tmp_path / "key.pem")
    assert "not its key" in raised.value.hint
    with pytest.raises(InputError, match="is no certificate"):
        make_plan(CONFIG, tmp_path / "text.pem")


def test_files_of_both_formats_say_the_same(tmp_path):
    (tmp_path / "a.toml").write_text('[device]\nid = "press-2"\n[mqtt]\nport = 8883\n')
    (tmp_path / "a.json").write_text('{"device": {"id": "press-2"}, "mqtt": {"port": 8883}}')
    assert read_config_file(tmp_path / "a.toml") == read_config_file(tmp_path / "a.json")


@pytest.mark.parametrize(("name", "content"), [("a.json", "{"), ("a.toml", "="), ("a.json", "[]")])
def test_a_file_that_is_none_is_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match="is no"):
        read_config_file(tmp_path / name)


def test_new_values_are_laid_over_old_ones_section_by_section():
    over = overlaid(
        {"device": {"id": "a", "group": "g"}, "watchdog_ms": 8000}, {"device": {"id": "b"}, "watchdog_ms": 9000}
    )
    assert over == {"device": {"id": "b", "group": "g"}, "watchdog_ms": 9000}
