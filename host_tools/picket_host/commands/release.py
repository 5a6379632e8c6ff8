"""``picket release``: keys, release folders, and their way to the devices."""

from __future__ import annotations

from pathlib import Path

import click

from picket_host import console
from picket_host.commands.gateway_state import state_option, status_command
from picket_host.errors import InputError
from picket_host.gateway import releases
from picket_host.release import keys
from picket_host.release.make import ARCHS, Made, Recipe, make
from picket_host.release.sign import Signed, sign
from picket_host.release.verify import Target, Verified, verify

_PATH = click.Path(path_type=Path)
_SEQUENCE = click.IntRange(1, 2**30 - 1)
_FROM_ZERO = click.IntRange(0, 2**30 - 1)
_folder_argument = click.argument("folder", type=_PATH)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Make, sign and publish releases for over-the-air updates.

    \b
    Examples:
      picket release keygen plant.key
      picket release make releases/1 --sequence 1 --model runs/vibration/package
      picket release sign releases/1 --key plant.key
      picket release verify releases/1 --public-key plant.key.pub
      picket release publish releases/1 --group plant-a --public-key plant.key.pub
      picket release status
    """


@command.command("keygen")
@click.argument("file", type=_PATH)
@click.option("--force", is_flag=True, help="Replace a key; devices that trust the old one take no further release.")
@console.json_option
def keygen_command(file: Path, force: bool, as_json: bool) -> None:
    """Make a key pair: FILE holds the secret seed (mode 0600), FILE.pub the public key.

    The public key belongs in each device's configuration, as update.public_key.

    \b
    Examples:
      picket release keygen plant.key
      picket release keygen plant.key --json
    """
    console.emit(keys.keygen(file, force), as_json, _show_key)


@command.command("make")
@_folder_argument
@click.option("--sequence", type=_SEQUENCE, required=True, help="Number of the release; devices take only higher ones.")
@click.option("--model", type=_PATH, required=True, help="Folder of the model package.")
@click.option(
    "--kind", type=click.Choice(["full", "model"]), default="full", show_default=True,
    help="With the application, or the model alone, which devices take without a restart.",
)
@click.option(
    "--replaces-min", type=_FROM_ZERO, default=0, show_default=True,
    help="Smallest application sequence that it may replace, or run under.",
)
@click.option("--version", "version", help="Version for people; that of Picket by default.")
@click.option(
    "--hardware", multiple=True, default=("esp32", "sim"), show_default=True, help="Device it is for; may be repeated."
)
@click.option(
    "--native", "native", metavar="ARCH=FILE", multiple=True,
    help="A picket_native.mpy for an architecture; may be repeated.",
)
@click.option("--march", type=click.Choice(ARCHS), help="Architecture for functions that are compiled to machine code.")
@click.option("--notes", default="", help="Notes for people.")
@console.json_option
def make_command(
    folder: Path, sequence: int, model: Path, kind: str, replaces_min: int, version: str | None,
    hardware: tuple[str, ...], native: tuple[str, ...], march: str | None, notes: str, as_json: bool,
) -> None:
    """Make the release FOLDER from a model package, the device application and native modules.

    \b
    Examples:
      picket release make releases/1 --sequence 1 --model runs/vibration/package
      picket release make releases/2 --sequence 2 --model runs/better/package --kind model
      picket release make releases/3 --sequence 3 --model runs/better/package --native xtensawin=build/picket_native.mpy
    """
    recipe = Recipe(
        sequence=sequence, model=model, kind=kind, replaces_min=replaces_min, hardware=hardware, march=march,
        native=_parse_native(native), notes=notes, **({"version": version} if version is not None else {}),
    )
    with console.progress() as progress:
        made = make(folder, recipe, progress)
    console.emit(made, as_json, _show_made)


@command.command("sign")
@_folder_argument
@click.option("--key", "seed_file", type=_PATH, required=True, help="The seed file.")
@console.json_option
def sign_command(folder: Path, seed_file: Path, as_json: bool) -> None:
    """Sign the release FOLDER, once its files have been checked against its manifest.

    \b
    Examples:
      picket release sign releases/1 --key plant.key
    """
    console.emit(sign(folder, seed_file), as_json, _show_signed)


@command.command("verify")
@_folder_argument
@click.option("--public-key", "key", metavar="FILE|HEX", required=True, help="Public key: a file, or its 64 digits.")
@click.option("--hardware", help="Check also whether such a device would take it, e.g. esp32.")
@click.option("--app", type=_FROM_ZERO, default=0, show_default=True, help="Application sequence that device runs.")
@click.option("--highest", type=_FROM_ZERO, default=0, show_default=True, help="Highest sequence it has accepted.")
@console.json_option
def verify_command(folder: Path, key: str, hardware: str | None, app: int, highest: int, as_json: bool) -> None:
    """Check the release FOLDER as a device would: signature, form, every file, and the model's golden vectors.

    \b
    Examples:
      picket release verify releases/2 --public-key plant.key.pub
      picket release verify releases/2 --public-key plant.key.pub --hardware esp32 --app 1 --highest 1
    """
    public_key = keys.given_public_key(key)
    target = Target(hardware=hardware, app=app, highest=highest) if hardware else None
    with console.progress() as progress:
        verified = verify(folder, public_key, target, progress)
    console.emit(verified, as_json, _show_verified)


@command.command("publish")
@_folder_argument
@state_option
@click.option("--device", "devices", multiple=True, help="Device, as press-1 or plant-a/press-1; may be repeated.")
@click.option("--group", help="All devices of this group, also those that come later.")
@click.option("--base-url", help="Where devices fetch it, if not from the gateway itself.")
@click.option(
    "--public-key", "key", metavar="FILE|HEX",
    help="Check the signature by this public key; the gateway remembers it for the releases to come.",
)
@console.json_option
def publish_command(
    folder: Path, state: Path, devices: tuple[str, ...], group: str | None, base_url: str | None, key: str | None,
    as_json: bool,
) -> None:
    """Offer the signed release FOLDER to devices or a group, through the gateway, which may be running or not.

    Once the gateway knows the public key of your devices, it takes only releases that fit it. One of the same sequence
    that lies there and does not fit it is replaced: no device can have taken that.

    \b
    Examples:
      picket release publish releases/2 --device press-1 --public-key plant.key.pub
      picket release publish releases/2 --group plant-a --state /var/lib/picket
    """
    public_key = keys.given_public_key(key) if key is not None else None
    with console.progress() as progress:
        published = releases.publish(
            state, folder, devices=devices, group=group, base_url=base_url, public_key=public_key, progress=progress
        )
    console.emit(published, as_json, _show_published)


@command.command("withdraw")
@state_option
@click.option("--sequence", type=_SEQUENCE, help="Only offers of this release.")
@click.option("--device", "devices", multiple=True, help="Only offers to this device; may be repeated.")
@click.option("--group", help="Only offers to this group.")
@console.json_option
def withdraw_command(
    state: Path, sequence: int | None, devices: tuple[str, ...], group: str | None, as_json: bool
) -> None:
    """Withdraw offers: devices that have not switched yet drop what they have fetched.

    \b
    Examples:
      picket release withdraw --sequence 2
      picket release withdraw --sequence 2 --device press-1
    """
    withdrawn = releases.withdraw(state, sequence=sequence, devices=devices, group=group)
    console.emit(withdrawn, as_json, _show_withdrawn)


command.add_command(status_command)


def _parse_native(pairs: tuple[str, ...]) -> dict[str, Path]:
    native = {}
    for pair in pairs:
        arch, equals, file = pair.partition("=")
        if not equals or arch not in ARCHS:
            raise InputError("a native module is given as ARCH=FILE", f"--native {pair}", "x64=picket_native.mpy")
        native[arch] = Path(file)
    return native


def _line(text: str) -> None:
    console.out.print(text, markup=False, highlight=False, soft_wrap=True)


def _show_key(pair: keys.KeyPair) -> None:
    _line(f"secret: {pair.seed_file}")
    _line(f"public: {pair.public_file}")
    _line(f'for the device\'s configuration: "update":{{"public_key":"{pair.public_key}"}}')


def _show_made(made: Made) -> None:
    release = made.manifest
    _line(f"release {release.sequence} ({release.kind}, version {release.version}) in {made.folder}")
    _line(f"{len(release.files)} files, {release.size} bytes; not signed yet")


def _show_signed(signed: Signed) -> None:
    _line(f"release {signed.sequence} signed; devices with public key {signed.public_key} will take it")


def _show_verified(verified: Verified) -> None:
    _line(f"release {verified.sequence} ({verified.kind}, version {verified.version}) holds: signature,")
    _line(f"{verified.files} files ({verified.size} bytes), {verified.golden_vectors} golden vectors bit for bit")


def _show_published(published: releases.Published) -> None:
    if published.replaced:
        _line(f"another release {published.sequence}, which that key had not signed, was replaced")
    _line(f"release {published.sequence} ({published.size} bytes) is offered to {', '.join(published.targets)}")
    if published.public_key is None:
        _line("its signature was not checked: give --public-key FILE.pub, which the gateway then remembers")
    else:
        _line(f"its signature fits the public key {published.public_key}")


def _show_withdrawn(withdrawn: releases.Withdrawn) -> None:
    sequences = ", ".join(map(str, withdrawn.sequences))
    _line(f"release {sequences} is no longer offered to {', '.join(withdrawn.targets)}")
