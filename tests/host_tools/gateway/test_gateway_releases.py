"""Publishing: only whole, signed releases get in, and only as a whole; offers hold for whom they are meant."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner
from fake_device import birth_payload, state_payload
from gateway_harness import make_release, reading

from picket_host.commands import gateway, release
from picket_host.errors import InputError, ReleaseError
from picket_host.gateway import releases
from picket_host.gateway.ingest import Received, ingest
from picket_host.gateway.store import Store
from picket_host.gateway.wire import Source
from picket_host.release import keys, manifest
from picket_host.release.sign import sign

PRESS = Source("plant-a", "press-1")


@pytest.fixture
def state(tmp_path):
    """The state folder of a gateway that knows three devices in two groups."""
    folder = tmp_path / "state"
    say(folder, PRESS, "birth", birth_payload())
    say(folder, Source("plant-a", "press-2"), "birth", birth_payload(app=0))
    say(folder, Source("plant-b", "press-1"), "birth", birth_payload())
    return folder


def say(state, source, kind, payload):
    with Store.open(state) as store:
        ingest(store, [Received(source.topic(kind), json.dumps(payload).encode(), False, 1.0)])


def offered(state):
    with reading(state) as store:
        messages = releases.offer_messages(store, "http://gw:8080")
    return {str(source): json.loads(payload)["sequence"] if payload else None for source, payload in messages.items()}


def test_a_release_is_copied_and_offered(state, tmp_path):
    folder = make_release(tmp_path / "r", 2, kind="full")
    (folder / "left-over.txt").unlink(missing_ok=True)
    published = releases.publish(state, folder, devices=["press-2"])
    assert (published.sequence, published.kind, published.targets) == (2, "full", ("plant-a/press-2",))
    copy = releases.release_folder(state, 2)
    for path in folder.rglob("*"):
        if path.is_file():
            assert (copy / path.relative_to(folder)).read_bytes() == path.read_bytes()
    assert offered(state) == {"plant-a/press-2": 2}


def test_the_size_is_that_of_the_files(state, tmp_path):
    folder = make_release(tmp_path / "r", 2)
    manifest = json.loads((folder / "release.json").read_bytes())
    assert releases.publish(state, folder, group="plant-a").size == sum(file["size"] for file in manifest["files"])


def test_offers_hold_for_whom_they_are_meant(state, tmp_path):
    releases.publish(state, make_release(tmp_path / "r2", 2), group="plant-a")
    releases.publish(state, make_release(tmp_path / "r3", 3), devices=["plant-a/press-1", "plant-c/new"])
    assert offered(state) == {"plant-a/press-1": 3, "plant-a/press-2": 2, "plant-c/new": 3}


def test_the_newest_offer_holds_not_the_highest_sequence(state, tmp_path):
    releases.publish(state, make_release(tmp_path / "r3", 3), group="plant-a")
    releases.publish(state, make_release(tmp_path / "r2", 2), group="plant-a")
    assert offered(state) == {"plant-a/press-1": 2, "plant-a/press-2": 2}


def test_withdrawing_leaves_what_was_offered_before(state, tmp_path):
    releases.publish(state, make_release(tmp_path / "r2", 2), group="plant-a")
    releases.publish(state, make_release(tmp_path / "r3", 3), devices=["press-2"])
    assert releases.withdraw(state, sequence=3).targets == ("plant-a/press-2",)
    assert offered(state) == {"plant-a/press-1": 2, "plant-a/press-2": 2}
    assert releases.withdraw(state).sequences == (2,)
    assert offered(state) == {"plant-a/press-1": None, "plant-a/press-2": None}
    with pytest.raises(InputError, match="no such offer"):
        releases.withdraw(state)


def test_an_offer_may_point_to_another_server(state, tmp_path):
    releases.publish(state, make_release(tmp_path / "r2", 2), devices=["press-2"], base_url="https://cdn.example")
    with reading(state) as store:
        (payload,) = releases.offer_messages(store, "http://gw:8080").values()
    assert json.loads(payload)["url"] == "https://cdn.example/releases/2"


def test_publishing_the_same_release_again_offers_it_again(state, tmp_path):
    folder = make_release(tmp_path / "r", 2)
    releases.publish(state, folder, devices=["press-2"])
    releases.withdraw(state)
    releases.publish(state, folder, devices=["press-2"])
    assert offered(state) == {"plant-a/press-2": 2}


def damage_missing(folder):
    (folder / "model" / "golden.bin").unlink()


def damage_content(folder):
    (folder / "model" / "model.json").write_bytes(b"[]")


def damage_size(folder):
    (folder / "model" / "model.json").write_bytes(b"{} ")


def damage_manifest(folder):
    (folder / "release.json").write_bytes(b"{")


def damage_signature(folder):
    (folder / "release.sig").unlink()


@pytest.mark.parametrize("damage", [damage_missing, damage_content, damage_size, damage_manifest, damage_signature])
def test_a_release_that_does_not_hold_leaves_no_trace(state, tmp_path, damage):
    folder = make_release(tmp_path / "r", 2)
    damage(folder)
    with pytest.raises(ReleaseError):
        releases.publish(state, folder, group="plant-a")
    root = releases.release_folder(state)
    assert not root.exists() or list(root.iterdir()) == []
    assert offered(state) == {}


def test_another_release_of_the_same_sequence_is_refused(state, tmp_path):
    releases.publish(state, make_release(tmp_path / "r", 2), group="plant-a")
    with pytest.raises(ReleaseError, match="another release was published as sequence 2"):
        releases.publish(state, make_release(tmp_path / "other", 2, model=b"other"), group="plant-a")


@pytest.fixture
def key(tmp_path):
    return keys.keygen(tmp_path / "plant.key")


def signed_by(folder, key):
    sign(folder, key.seed_file)
    return folder


def public(key):
    return bytes.fromhex(key.public_key)


def test_a_signature_that_does_not_fit_the_given_key_uses_up_no_sequence(state, tmp_path, key):
    folder = make_release(tmp_path / "r", 2)
    with pytest.raises(ReleaseError, match="the signature does not fit"):
        releases.publish(state, folder, group="plant-a", public_key=public(key))
    assert offered(state) == {} and not releases.release_folder(state, 2).exists()
    assert releases.publish(state, folder, devices=["press-2"]).public_key is None  # that key was not remembered


def test_the_gateway_remembers_the_public_key_and_checks_later_releases_with_it(state, tmp_path, key):
    first = signed_by(make_release(tmp_path / "r2", 2), key)
    assert releases.publish(state, first, group="plant-a", public_key=public(key)).public_key == key.public_key
    with pytest.raises(ReleaseError, match="the signature does not fit"):
        releases.publish(state, make_release(tmp_path / "r3", 3), group="plant-a")
    good = signed_by(make_release(tmp_path / "r4", 4), key)
    assert releases.publish(state, good, group="plant-a").public_key == key.public_key


def test_a_key_that_is_given_takes_the_place_of_the_remembered_one(state, tmp_path, key):
    new = keys.keygen(tmp_path / "new.key")
    first = signed_by(make_release(tmp_path / "r2", 2), key)
    releases.publish(state, first, group="plant-a", public_key=public(key))
    second = signed_by(make_release(tmp_path / "r3", 3), new)
    releases.publish(state, second, group="plant-a", public_key=public(new))
    assert releases.publish(state, signed_by(second, new), group="plant-b").public_key == new.public_key


def test_what_no_device_can_have_taken_is_replaced(state, tmp_path, key):
    releases.publish(state, make_release(tmp_path / "forged", 2, model=b"other"), group="plant-b")
    good = signed_by(make_release(tmp_path / "r", 2), key)
    with pytest.raises(ReleaseError, match="another release was published as sequence 2 .*--public-key"):
        releases.publish(state, good, group="plant-a")
    published = releases.publish(state, good, group="plant-a", public_key=public(key))
    assert published.replaced
    assert manifest.read_bytes(releases.release_folder(state, 2)) == manifest.read_bytes(good)
    assert [path.name for path in releases.release_folder(state).iterdir()] == ["2"]
    assert offered(state) == {"plant-a/press-1": 2, "plant-a/press-2": 2, "plant-b/press-1": None}
    assert not releases.publish(state, good, group="plant-a").replaced


def test_what_a_device_may_have_taken_is_not_replaced(state, tmp_path, key):
    first = signed_by(make_release(tmp_path / "r", 2), key)
    releases.publish(state, first, group="plant-a", public_key=public(key))
    other = signed_by(make_release(tmp_path / "other", 2, model=b"other"), key)
    with pytest.raises(ReleaseError, match=r"another release was published as sequence 2 \(try: a higher --sequence\)"):
        releases.publish(state, other, group="plant-a")
    assert manifest.read_bytes(releases.release_folder(state, 2)) == manifest.read_bytes(first)


def test_a_missing_folder_is_told(state, tmp_path):
    with pytest.raises(InputError, match="no such release folder"):
        releases.publish(state, tmp_path / "nowhere", group="plant-a")


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (["press-9"], "knows no such device"),
        (["press-1"], "in several groups (known: plant-a/press-1, plant-b/press-1)"),
        (["plant-a/"], "not a name"), (["a/b/c"], "not a name"), (["plant a/x"], "not a name"),
        ([], "neither devices nor a group"),
    ],
)  # fmt: skip
def test_a_target_that_is_not_meant_is_told(state, tmp_path, devices, message):
    with pytest.raises(InputError) as caught:
        releases.publish(state, make_release(tmp_path / "r", 2), devices=devices)
    assert message in str(caught.value)


def test_status_tells_how_far_each_device_is(state, tmp_path):
    releases.publish(state, make_release(tmp_path / "r2", 2), group="plant-a")
    say(state, PRESS, "ota_state", state_payload(1, 2, "DOWNLOADING", done=500))
    found = {f"{status.group}/{status.device}": status for status in releases.status(state)}
    press = found["plant-a/press-1"]
    assert (press.app, press.model, press.offered, press.sequence) == (1, 1, 2, 2)
    assert (press.state, press.done, press.size) == ("DOWNLOADING", 500, 1000)
    say(state, PRESS, "ota_state", state_payload(1, 2, "FAILED", reason="golden vector 3 differs"))
    assert releases.status(state)[0].reason == "golden vector 3 differs"
    assert (found["plant-a/press-2"].offered, found["plant-a/press-2"].state) == (2, None)
    assert found["plant-b/press-1"].offered is None


@pytest.mark.parametrize("commands", [gateway, release])
def test_status_is_a_line_for_each_device_that_nothing_cuts(state, tmp_path, commands):
    releases.publish(state, make_release(tmp_path / "r2", 2), devices=["plant-a/press-1"])
    reason = "golden vector 3 differs: " + "a long story, " * 10 + "with its end"
    say(state, PRESS, "ota_state", state_payload(1, 2, "FAILED", done=500, reason=reason))
    shown = CliRunner().invoke(commands.command, ["status", "--state", str(state)]).stdout.splitlines()
    when = datetime.fromtimestamp(1).strftime("%Y-%m-%d %H:%M:%S")
    assert shown[0].split() == ["DEVICE", "ONLINE", "APP", "MODEL", "OFFERED", "UPDATE", "DONE", "WHEN", "REASON"]
    assert shown[1].split(maxsplit=11) == [
        "plant-a/press-1", "yes", "1", "1", "2", "2", "FAILED", "50", "%", *when.split(), reason,
    ]  # fmt: skip
    assert shown[2].split() == ["plant-a/press-2", "yes", "0", "1", *"----"]
