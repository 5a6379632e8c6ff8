"""Gives a board its identity: configuration, CA certificate and update key, checked before anything is written."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from picket_host import device_code
from picket_host.board.raw_repl import BoardTraceback
from picket_host.board.session import Session
from picket_host.errors import BoardError, InputError
from picket_host.progress import SILENT, Progress

_SCHEMA = device_code.load("config")

CONFIG_PATH = "/config.json"
SECRETS = ("wifi.password", "mqtt.password")

_OFFERED = "/config.json.new"
_CRASH = "/state/crash"
_HIDDEN = "(set)"
_KEY_DIGITS = 64
_TLS_PORT = 8883  # registered for MQTT over TLS; the schema's default is for MQTT without


@dataclass(frozen=True)
class Question:
    """What a person is asked for; ``path`` as in the configuration.

    Attributes:
        secret: not to be echoed.
    """

    path: str
    text: str
    secret: bool = False


QUESTIONS = (
    Question("device.id", "Name of this device (letters, digits, - and _)"),
    Question("device.group", "Group that it belongs to"),
    Question("wifi.ssid", "Name of the Wi-Fi network (empty: wired, or none)"),
    Question("wifi.password", "Its password", secret=True),
    Question("mqtt.host", "Address of the MQTT broker (empty: none)"),
    Question("mqtt.user", "User name at the broker (empty: none)"),
    Question("mqtt.password", "Password at the broker", secret=True),
    Question("update.public_key", "Public key of your releases: 64 digits, or the file (empty: no updates)"),
)


@dataclass(frozen=True)
class Plan:
    """What will be written.

    Attributes:
        config: nested as in ``config.json``, valid.
        certificate: DER bytes of the CA certificate, or None.
        notes: what a person should know.
    """

    config: dict[str, Any] = field(repr=False)  # a traceback must not show its secrets
    certificate: bytes | None
    notes: tuple[str, ...]

    @property
    def shown(self) -> dict[str, Any]:
        """The configuration without its secrets."""
        hidden = {section: dict(v) if isinstance(v, dict) else v for section, v in self.config.items()}
        for path in SECRETS:
            section, key = path.split(".")
            if hidden.get(section, {}).get(key):
                hidden[section][key] = _HIDDEN
        return hidden


@dataclass(frozen=True)
class Provisioned:
    """What was written: paths on the board, and the configuration without secrets."""

    port: str
    written: tuple[str, ...]
    config: dict[str, Any]
    notes: tuple[str, ...]


def read_config_file(file: Path) -> dict[str, Any]:
    """A configuration from a ``.json`` or ``.toml`` file, nested as on the device.

    Raises:
        InputError: it can't be read.
    """
    try:
        content = file.read_bytes()
        data = tomllib.loads(content.decode()) if file.suffix == ".toml" else json.loads(content)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file) from error
    except ValueError as error:  # of both formats
        raise InputError(f"is no {'TOML' if file.suffix == '.toml' else 'JSON'}: {error}", file) from error
    if not isinstance(data, dict):
        raise InputError("is no object", file, '{"device": {"id": "press-1", "group": "plant-a"}}')
    return data


def present_config(session: Session) -> dict[str, Any]:
    """The configuration that the board has; empty when there is none, or what there is can't be used.

    Raises:
        BoardError: the board can't be read.
    """
    session.refresh()  # an application that was interrupted may have left no memory
    if CONFIG_PATH not in [file.path for file in session.files()]:
        return {}
    try:
        data = json.loads(session.read_file(CONFIG_PATH))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def value_at(config: Mapping[str, Any], path: str) -> Any:
    """The value at ``section.key``, or None."""
    section, _, key = path.rpartition(".")
    inner = config.get(section, {}) if section else config
    return inner.get(key) if isinstance(inner, Mapping) else None


def merged(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with values by ``section.key`` changed; an empty section is left out."""
    result = {name: dict(value) if isinstance(value, Mapping) else value for name, value in config.items()}
    for path, value in changes.items():
        section, _, key = path.rpartition(".")
        target = result.setdefault(section, {}) if section else result
        if not isinstance(target, dict):
            raise InputError("not an object", section)
        target[key] = value
    return {name: value for name, value in result.items() if value != {}}


def overlaid(config: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with another laid over it, section by section."""
    flat: dict[str, Any] = {}
    for name, value in other.items():
        flat.update({f"{name}.{key}": v for key, v in value.items()} if isinstance(value, Mapping) else {name: value})
    return merged(config, flat)


def make_plan(config: Mapping[str, Any], ca: Path | None = None) -> Plan:
    """Check everything that is to be written.

    Args:
        config: nested as in ``config.json``; ``update.public_key`` may be the name of a public key file.
        ca: the CA's certificate, PEM or DER; the broker is then reached over TLS, at its usual port if none is given.

    Raises:
        InputError: a value that the device would refuse, or a certificate or key that is none.
    """
    notes = []
    changes: dict[str, Any] = {}
    key = value_at(config, "update.public_key")
    if isinstance(key, str) and key:
        changes["update.public_key"] = _public_key(key)
    if ca is not None:
        changes["mqtt.tls"] = True
    if changes.get("mqtt.tls", value_at(config, "mqtt.tls")) is True and value_at(config, "mqtt.port") is None:
        changes["mqtt.port"] = _TLS_PORT
        notes.append(f"TLS is on and no port was given: mqtt.port is {_TLS_PORT}")
    final = merged(config, changes)
    try:
        complete = _SCHEMA.check(final)
    except _SCHEMA.ConfigError as error:
        raise InputError(str(error), "configuration") from error
    certificate = None
    if ca is not None:
        certificate, valid_until = _certificate(ca)
        notes.append(f"the CA's certificate is valid until {valid_until:%Y-%m-%d}")
    elif complete["mqtt"]["tls"]:
        notes.append(f"TLS is on: {complete['mqtt']['ca']} must be on the board already")
    if not complete["update"]["public_key"]:
        notes.append("without update.public_key the device takes no release over the air")
    if complete["mqtt"]["password"] and not complete["mqtt"]["tls"]:
        notes.append("the broker's password crosses the network unencrypted: use TLS (--ca)")
    return Plan(final, certificate, tuple(notes))


def provision(session: Session, plan: Plan, progress: Progress = SILENT) -> Provisioned:
    """Write certificate and configuration; a cut at any moment leaves the old configuration, or the new one.

    Raises:
        BoardError: the board could not write them, or does not find the configuration valid.
    """
    progress.step("restarting the board without its application")
    session.refresh()
    written = []
    if plan.certificate is not None:
        # First: a configuration that names it must never stand there without it.
        path = _SCHEMA.check(plan.config)["mqtt"]["ca"]
        progress.step(f"writing {path}")
        session.write_file(path, plan.certificate)
        written.append(path)
    progress.step(f"writing {CONFIG_PATH}")
    content = (json.dumps(plan.config, indent=1) + "\n").encode()
    session.write_file(_OFFERED, content)
    _accept_on_board(session)
    session.remove_file(_CRASH)  # the application ended with another configuration, if it did
    written.append(CONFIG_PATH)
    return Provisioned(session.port, tuple(written), plan.shown, plan.notes)


def _accept_on_board(session: Session) -> None:
    """Put the configuration in its place, once the board's own application, which may be older, finds it valid."""
    try:
        session.run(
            "import os, sys\n"
            "try:\n from picket import config\n"
            "except ImportError:\n config = None\n"  # nothing there yet that could refuse it
            f"if config:\n config.load({_OFFERED!r})\n"
            f"os.rename({_OFFERED!r}, {CONFIG_PATH!r})\n"
        )
    except BoardTraceback as error:
        session.remove_file(_OFFERED)
        said = re.sub(r"^\S*: ", "", error.traceback.strip().splitlines()[-1])
        raise BoardError(
            f"the board refuses the configuration: {said}", session.port, "picket sync, then again"
        ) from error


def _public_key(text: str) -> str:
    digits = text
    if len(text) != _KEY_DIGITS:
        try:
            digits = Path(text).expanduser().read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise InputError("neither 64 hexadecimal digits nor a key file", "update.public_key", "FILE.pub") from error
    if not re.fullmatch(rf"[0-9a-fA-F]{{{_KEY_DIGITS}}}", digits):
        raise InputError("not 64 hexadecimal digits", "update.public_key", "picket release keygen makes a pair")
    return digits.lower()


def _certificate(file: Path) -> tuple[bytes, datetime.datetime]:
    """The DER bytes of a certificate file, and until when it is valid."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file) from error
    try:
        pem = b"-----BEGIN CERTIFICATE-----" in content
        certificate = x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except ValueError as error:
        hint = "give the CA's certificate, not its key" if b"PRIVATE KEY" in content else "PEM or DER"
        raise InputError("is no certificate", file, hint) from error
    until = certificate.not_valid_after_utc
    if until < datetime.datetime.now(datetime.UTC):
        raise InputError(f"has expired on {until:%Y-%m-%d}", file, "ask for a new one")
    return certificate.public_bytes(Encoding.DER), until
