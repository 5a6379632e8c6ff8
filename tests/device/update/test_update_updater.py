import asyncio

from power import Flash, read_file, write_tree
from release_server import MODEL, Server, full, manifest, verify
from support import cancel

import boot
from picket import log
from picket.update import agent, fetch, files, slots, updater
from picket.update.agent import Agent
from picket.update.slots import Slots

updater._FIRST_WAIT_S = 0
agent._TRIES = tuple([(0, last) for _, last in agent._TRIES])
log.level = log.ERROR + 1


class Device:
    """An agent with the device that it wants around it, and what it said and did."""

    def __init__(self, server, flash=None, turn=None, wrong=None):
        self.server = server
        self.flash = flash or Flash((slots, files, fetch))
        if flash is None:
            write_tree(self.flash.root, {"main.py": b"", "picket/app.mpy": b"factory"})
            self.flash.supply.restore()
        self.slots = Slots(self.flash.root)
        self.agent = Agent(self, self.slots, "6b" * 32)
        self.agent.slots = lambda: self.slots
        self.said = []
        self.swapped = None
        self.restarts = 0
        self.changes = 0
        self.wrong = wrong
        self.room = None
        self.unmet = ["time"]
        self.verify = verify
        self._turn = turn

    def say(self, state):
        self.said.append(state)

    async def turn(self):
        if self._turn:
            self._turn(self)

    async def connect(self, host, port, secure):
        return await self.server.connect(host, port, secure)

    async def prove(self, folder, new_engine, room):
        self.room, self.new_engine = room, new_engine
        if self.wrong:
            raise self.wrong if isinstance(self.wrong, Exception) else ValueError(self.wrong)
        return read_file(folder + "/model.tflite")

    def swap(self, model):
        self.swapped = model

    def missing(self):
        return self.unmet

    def pointer_changed(self):
        self.changes += 1

    async def restart(self):
        self.restarts += 1

    def take(self, *offers):
        """Run until all the offers have been worked on."""

        async def main():
            task = asyncio.create_task(self.agent.run())
            for offer in offers:
                self.agent.offer(offer)
                for _ in range(20000):
                    await asyncio.sleep(0)
                    if self.idle():
                        break
            await cancel(task)

        # The modules under test stay, with the faults that were built into them.
        agent.forget = updater.forget = lambda *names: None
        asyncio.run(main())
        return self

    def idle(self):
        wanted = self.agent.offered
        if self.agent._wake.is_set() or self.agent.busy:
            return False
        return wanted is None or wanted == self.agent.answered

    def states(self):
        result = []
        for said in self.said:
            if not result or result[-1] != said["state"]:
                result.append(said["state"])
        return result

    def end(self):
        """The last state's name and reason; frees the flash."""
        self.flash.close()
        return self.said[-1]["state"], self.said[-1]["reason"]


def _release(sequence=1, kind="full", tree=None, **changes):
    tree = tree or (full() if kind == "full" else dict(MODEL))
    return Server(tree, manifest(tree, sequence, kind, **changes))


def _is_whole(root, app, tree):
    for path, content in tree.items():
        if read_file("%s/slots/%d/%s" % (root, app, path)) != content:
            return False
    return True


def test_a_full_release_is_fetched_proven_and_started_on_trial():
    server = _release(3)
    device = Device(server).take(server.offer(3))
    assert device.states() == ["DOWNLOADING", "VERIFIED", "UPDATING"]
    assert device.restarts == 1 and device.swapped is None
    pointer = Slots(device.flash.root).pointer
    assert (pointer["app"], pointer["model"], pointer["state"], pointer["highest"]) == (3, 3, "trial", 3)
    assert _is_whole(device.flash.root, 3, full())
    assert boot.choose(device.flash.root) == (device.flash.root + "/slots/3", True)
    device.end()


def test_a_switch_that_the_flash_does_not_take_is_none():
    def full_flash(pointer):
        raise OSError(28)

    device = Device(_release(kind="model"))
    device.slots._write = full_flash
    device.take(device.server.offer(1))
    assert (device.swapped, device.changes) == (None, 0)
    assert device.agent.pointer["model"] == device.slots.pointer["model"] == 0
    assert device.end() == ("FAILED", "no space is left on the flash")


def test_a_model_that_does_not_fit_what_is_at_work_leaves_all_as_it_was():
    def refuse(model):
        raise ValueError("the window is longer than the sensor's memory")

    device = Device(_release(kind="model"))
    before = dict(device.slots.pointer)
    device.swap = refuse
    device.take(device.server.offer(1))
    assert device.agent.pointer == device.slots.pointer == Slots(device.flash.root).pointer == before
    assert device.end() == ("FAILED", "the window is longer than the sensor's memory")


def test_a_model_alone_is_swapped_without_a_restart():
    server = _release(2, "model")
    device = Device(server).take(server.offer(2))
    assert device.restarts == 0
    assert device.swapped == MODEL["model/model.tflite"]
    assert (device.slots.pointer["app"], device.slots.pointer["model"]) == (0, 2)
    assert device.slots.on_trial and device.changes == 1
    device.end()


def test_a_place_for_the_model_is_held_until_it_is_loaded_there():
    server = _release(2, "model")
    held = []

    def note(device):
        room = device.agent._room
        size = len(room) if room else 0
        if held[-1:] != [size]:
            held.append(size)

    offer = server.offer(2)
    device = Device(server, turn=note).take(offer)
    model = len(MODEL["model/model.tflite"])
    assert held == [0, offer["size"], model, 0]
    assert len(device.room) == model
    assert device.agent._room is None
    device.end()


def test_what_others_hold_of_the_heap_for_a_moment_does_not_fail_an_update():
    server = _release(2, "model")
    device = Device(server, wrong=MemoryError("allocating 9 bytes"))

    def relieve(device):
        if device.said and device.said[-1]["state"] == "VERIFIED" and device.room:
            device.wrong = None

    device._turn = relieve
    device.take(server.offer(2))
    assert device.states() == ["DOWNLOADING", "VERIFIED", "DOWNLOADING", "VERIFIED", "UPDATING"]
    assert device.swapped == MODEL["model/model.tflite"]
    assert len(server.requests) == 2 + len(MODEL), "what has arrived is not fetched again"
    device.end()


def test_a_model_that_finds_no_place_beside_the_one_at_work_is_proven_by_a_restart():
    server = _release(2, "model")
    device = Device(server, wrong=MemoryError("allocating 9 bytes")).take(server.offer(2))
    assert device.states() == ["DOWNLOADING", "VERIFIED"] * 3 + ["UPDATING"]
    assert device.room is None, "the last try holds no place"
    assert device.swapped is None and device.restarts == 1
    assert (device.slots.pointer["app"], device.slots.pointer["model"]) == (0, 2)
    assert device.slots.on_trial
    device.end()


def test_a_heap_too_full_to_judge_a_release_fails_it_and_keeps_what_has_arrived():
    server = _release(2, "model")
    device = Device(server)

    def starved(signature, key, message):
        raise MemoryError("allocating 9 bytes")

    device.verify = starved
    device.take(server.offer(2))
    assert device.slots.pointer == slots.factory()
    assert device.slots.staged() == [2]
    assert server.requests == ["release.sig", "release.json"], "what has arrived is not fetched again"
    assert device.end() == ("FAILED", "the memory does not suffice for an update: allocating 9 bytes")


def test_progress_reaches_the_whole_size():
    server = _release(1)
    device = Device(server).take(server.offer(1))
    size = sum([len(content) for content in full().values()])
    done = [said["done"] for said in device.said]
    assert done == sorted(done) and done[-1] == size and device.said[-1]["size"] == size
    device.end()


def test_what_the_current_slot_has_is_copied_not_fetched():
    server = _release(1)
    device = Device(server).take(server.offer(1))
    device.slots.confirm()
    changed = full()
    changed["model/model.tflite"] = b"WEIGHTS" * 300
    second = _release(2, "full", changed)
    again = Device(second, device.flash).take(second.offer(2))
    assert second.requests == ["release.sig", "release.json", "model/model.tflite"]
    assert _is_whole(device.flash.root, 2, changed)
    again.end()


def test_a_repeated_offer_of_what_runs_costs_nothing():
    server = _release(1)
    device = Device(server).take(server.offer(1))
    device.slots.confirm()
    asked = len(server.requests)
    again = Device(server, device.flash).take(server.offer(1), server.offer(1))
    assert len(server.requests) == asked
    assert [said["state"] for said in again.said] == ["UPDATED"]
    again.end()


def _refusal(server, offered=1, **device):
    device = Device(server, **device).take(server.offer(offered))
    assert device.slots.pointer == slots.factory()
    assert device.slots.staged() == []
    state, reason = device.end()
    assert state == "FAILED"
    return reason


def test_a_tampered_manifest_is_refused():
    server = _release(1)
    server.files["release.json"] = server.files["release.json"].replace(b'"0.1.0"', b'"0.1.1"')
    assert _refusal(server) == "the signature does not fit the device's public key"


def test_a_release_signed_with_another_key_is_refused():
    raw = manifest(full(), 1)
    server = Server(full(), raw, signature=bytes(64))
    assert _refusal(server) == "the signature does not fit the device's public key"


def test_a_tampered_file_is_refused():
    server = _release(1)
    server.files["picket/app.mpy"] = b"c0de" * 700
    assert _refusal(server) == "picket/app.mpy: the SHA-256 differs from the manifest's"


def test_a_manifest_that_was_not_offered_is_refused():
    server = _release(1)
    offer = server.offer(1)
    server.files["release.json"] = manifest(full(), 1, notes="another")
    device = Device(server).take(offer)
    assert device.end() == ("FAILED", "the manifest is not the one that was offered")


def test_another_sequence_than_offered_is_refused():
    assert _refusal(_release(1), offered=2) == "the manifest has sequence 1, 2 was offered"


def test_an_older_sequence_is_refused():
    server = _release(5)
    device = Device(server).take(server.offer(5))
    device.slots.confirm()
    older = _release(4)
    again = Device(older, device.flash).take(older.offer(4))
    assert older.requests == []
    assert again.end() == ("FAILED", "sequence 4 is not newer than 5, the highest accepted")


def test_a_rolled_back_release_is_not_taken_again():
    server = _release(5)
    device = Device(server).take(server.offer(5))
    device.slots.roll_back("it crashed")
    again = Device(server, device.flash).take(server.offer(5))
    assert again.end() == ("ROLLED_BACK", "it crashed")


def test_a_release_for_other_devices_is_refused():
    assert _refusal(_release(1, hardware=["toaster"])).startswith("the release is for toaster, this device is ")
    assert _refusal(_release(1, micropython="1.0")).startswith("the release is for MicroPython 1.0, this device runs ")
    assert _refusal(_release(1, mpy="5.0")).startswith("the release has .mpy version 5.0, this device loads ")


def test_a_release_that_needs_a_newer_application_is_refused():
    server = _release(3, "model", replaces_min=2)
    assert _refusal(server, 3) == "the release replaces application 2 or newer, this device runs 0"


def test_a_model_that_does_not_reproduce_its_golden_vectors_is_refused():
    wrong = "golden vector 3: output[1] is 12, expected 13"
    assert _refusal(_release(1), wrong=wrong) == wrong
    assert _refusal(_release(1, "model"), wrong=wrong) == wrong


def test_a_missing_file_is_refused():
    server = _release(1)
    del server.files["picket/app.mpy"]
    assert _refusal(server) == "picket/app.mpy: the server answered 404"


def test_a_file_of_another_size_is_refused():
    server = _release(1)
    server.files["picket/app.mpy"] += b"!"
    assert _refusal(server) == "picket/app.mpy: the server has 2801 bytes, the manifest says 2800"


def test_a_release_larger_than_the_flash_is_refused_before_it_is_fetched():
    space = files.space
    try:
        files.space = lambda path: (4096, 20480)
        server = _release(1)
        reason = _refusal(server)
        assert reason.startswith("the flash lacks ") and reason.endswith(" KB for the release")
        assert server.requests == ["release.sig", "release.json"]
    finally:
        files.space = space


def test_without_a_public_key_nothing_is_taken():
    server = _release(1)
    device = Device(server)
    device.agent.public_key = ""
    device.take(server.offer(1))
    assert device.end() == ("FAILED", "no public key is configured (update.public_key)")


def test_a_heap_too_full_for_the_updater_fails_the_update_and_not_the_device():
    server = _release(1)
    load = agent.load

    def starved(name):
        raise MemoryError("allocating 9 bytes")

    device = Device(server)
    agent.load = starved
    try:
        device.take(server.offer(1))
    finally:
        agent.load = load
    assert device.end() == ("FAILED", "the memory does not suffice for an update: allocating 9 bytes")


def test_a_server_that_stays_broken_is_given_up_and_what_has_arrived_stays():
    server = _release(1)

    def break_server(device):
        if len(server.requests) == 5:
            server.status = 503

    device = Device(server, turn=break_server).take(server.offer(1))
    assert device.said[-1]["state"] == "FAILED" and "the server answered 503" in device.said[-1]["reason"]
    assert device.slots.staged() == [1]
    server.status = None
    server.requests = []
    again = Device(server, device.flash).take(server.offer(1))
    assert again.restarts == 1 and "release.json" not in server.requests
    again.end()


def test_a_withdrawn_offer_is_dropped_with_all_that_has_arrived():
    server = _release(1)

    def withdraw(device):
        if len(server.requests) == 5:
            device.agent.offer(None)

    device = Device(server, turn=withdraw).take(server.offer(1))
    assert device.states() == ["DOWNLOADING"]
    assert device.slots.staged() == [] and device.restarts == 0
    device.end()


def test_a_newer_offer_replaces_the_one_under_way():
    first, second = _release(1), _release(2, "model")
    started = []

    def replace(device):
        if len(first.requests) == 5 and not started:
            started.append(True)
            device.server = second
            device.agent.offer(second.offer(2))

    device = Device(first, turn=replace).take(first.offer(1))
    assert device.slots.pointer["model"] == 2 and device.slots.pointer["app"] == 0
    assert device.slots.staged() == []
    device.end()


def test_nonsense_is_no_offer():
    server = _release(1)
    wrong = (("sequence", "1"), ("sequence", 0), ("url", 5), ("manifest_sha256", "00"), ("manifest_sha256", 0))
    for key, value in wrong:
        offer = server.offer(1)
        offer[key] = value
        device = Device(server).take(offer)
        assert device.said[-1]["reason"].startswith("the offer is not one") or offer["sequence"] == 0
        assert device.slots.staged() == []
        device.end()
    assert server.requests == []


def test_a_connection_cut_at_any_byte_is_resumed():
    server = _release(1, tree=_small())
    length = _length(server)
    for cut in range(1, length, 7):
        server = _release(1, tree=_small())
        server.cut_at = cut
        device = Device(server).take(server.offer(1))
        assert device.restarts == 1, (cut, device.said)
        assert _is_whole(device.flash.root, 1, _small())
        device.end()


def test_a_power_cut_at_any_write_leaves_a_whole_slot_and_the_update_completes():
    # From release 1, confirmed, to release 2: at each write the power fails; what boot.py starts then must be whole.
    for kind in ("full", "model"):
        cut = 0
        finished = False
        while not finished:
            cut += 1
            first = _release(1, tree=_small())
            device = Device(first).take(first.offer(1))
            device.slots.confirm()
            flash = device.flash
            tree = _small(b"2") if kind == "full" else {path: _small(b"2")[path] for path in MODEL}
            second = _release(2, kind, tree)
            flash.supply.restore()
            flash.supply.cut_at = cut
            try:
                device = Device(second, flash).take(second.offer(2))
            except OSError:
                pass  # the board is without power, whatever it still thinks
            finished = flash.supply.writes < cut
            flash.power_on()
            started, _ = boot.choose(flash.root)
            board = Slots(flash.root)
            assert not board.damaged
            assert slots.running(started) == board.pointer["app"], cut
            assert _is_whole(flash.root, 1, _small())
            if board.current == 2:
                assert _is_whole(flash.root, 2, tree), cut
            else:
                device = Device(second, flash).take(second.offer(2))
                assert device.slots.current == 2 and _is_whole(flash.root, 2, tree), (cut, device.said)
            flash.close()
        assert cut > 10


def _small(mark=b"1"):
    return {
        "main.py": b"main" + mark, "picket/app.mpy": b"app" * 300 + mark, "model/model.json": b"{}",
        "model/model.tflite": b"weights" * 200 + mark, "model/golden.bin": b"golden",
    }


def _length(server):
    device = Device(server).take(server.offer(1))
    device.end()
    return server.sent


def test_an_empty_model_file_does_not_hold_the_updater_up():
    tree = dict(MODEL)
    tree["model/model.tflite"] = b""
    server = _release(2, "model", tree)
    device = Device(server, wrong="model.tflite: empty").take(server.offer(2))
    assert device.end() == ("FAILED", "model.tflite: empty")


def test_heap_that_lacks_behind_the_switch_does_not_undo_it():
    server = _release(2, "model")
    device = Device(server)

    def starved():
        device.changes += 1
        if device.changes == 1:
            raise MemoryError("allocating 9 bytes")

    device.pointer_changed = starved
    device.take(server.offer(2))
    assert device.slots.pointer["model"] == 2
    assert "FAILED" not in device.states()
    device.end()


def test_the_device_learns_whether_a_native_module_comes():
    for tree, comes in ((full(), False), (full(**{"native/x64/picket_native.mpy": b"M"}), True)):
        server = _release(1, "full", tree)
        device = Device(server).take(server.offer(1))
        assert device.new_engine is comes
        device.end()
