import asyncio

from power import Flash, read_file, write_tree

from picket.update import files, slots
from picket.update.slots import Slots


async def _turn():
    pass


def _with_slots(*sequences):
    flash = Flash((slots, files))
    for sequence in sequences:
        write_tree(flash.root, {"slots/%d/main.py" % sequence: b"", "slots/%d/model/model.json" % sequence: b"{}"})
    return flash, Slots(flash.root)


def test_a_board_without_a_pointer_runs_its_factory_application():
    flash, board = _with_slots()
    assert board.pointer == slots.factory()
    assert not board.damaged and not board.on_trial
    assert board.model_path == flash.root + "/model"
    flash.close()


def test_a_pointer_reads_back_as_it_was_written():
    flash, board = _with_slots(3)
    board.activate(3, True)
    again = Slots(flash.root)
    assert again.pointer == board.pointer
    assert again.on_trial and again.pointer["previous"] == {"app": 0, "model": 0} and again.pointer["highest"] == 3
    again.confirm()
    assert not Slots(flash.root).on_trial
    flash.close()


def test_a_model_alone_leaves_the_application_where_it_is():
    flash, board = _with_slots(1, 2)
    board.activate(1, True)
    board.confirm()
    board.activate(2, False)
    assert (board.pointer["app"], board.pointer["model"], board.current) == (1, 2, 2)
    assert board.model_path == flash.root + "/slots/2/model"
    flash.close()


def test_rolling_back_names_the_release_and_the_reason():
    flash, board = _with_slots(1, 2)
    board.activate(1, True)
    board.confirm()
    board.activate(2, False)
    board.roll_back("it failed")
    again = Slots(flash.root).pointer
    assert (again["app"], again["model"], again["state"], again["highest"]) == (1, 1, "confirmed", 2)
    assert again["rolled_back"] == {"sequence": 2, "reason": "it failed"}
    flash.close()


def test_every_flipped_bit_of_a_pointer_is_noticed():
    pointer = slots.factory()
    pointer["rolled_back"] = {"sequence": 7, "reason": "why"}
    raw = slots.encode(pointer)
    assert slots.decode(raw) == pointer
    for at in range(len(raw)):
        for bit in range(8):
            damaged = bytearray(raw)
            damaged[at] ^= 1 << bit
            assert slots.decode(bytes(damaged)) is None, at


def test_every_cut_of_a_pointer_is_noticed():
    raw = slots.encode(slots.factory())
    for length in range(len(raw)):
        assert slots.decode(raw[:length]) is None


def test_a_damaged_pointer_makes_the_newest_slot_a_download_again():
    flash, board = _with_slots(1, 2)
    board.activate(1, True)
    board.confirm()
    board.activate(2, True)
    board.confirm()
    raw = bytearray(read_file(flash.root + "/slots/active.json"))
    raw[40] ^= 1
    write_tree(flash.root, {"slots/active.json": bytes(raw)})
    board = Slots(flash.root)
    assert board.damaged
    board.reconcile("/")
    assert not Slots(flash.root).damaged
    assert board.staged() == [2]
    assert (board.pointer["app"], board.pointer["highest"]) == (0, 1)
    flash.close()


def test_a_slot_that_did_not_start_is_rolled_back():
    flash, board = _with_slots(1, 2)
    board.activate(1, True)
    board.confirm()
    board.activate(2, True)
    board.confirm()
    board.reconcile("/slots/1")
    assert board.pointer["app"] == 1
    assert board.pointer["rolled_back"]["sequence"] == 2
    flash.close()


def test_a_trial_whose_boots_are_not_counted_ends():
    flash, board = _with_slots(1)
    board.activate(1, True)
    board.reconcile(flash.root + "/slots/1")
    assert board.pointer["app"] == 0 and not board.on_trial
    flash.close()


def test_only_what_nothing_points_to_is_removed():
    flash, board = _with_slots(1, 2, 3, 4)
    rests = ("slots/stage-5/release.json", "slots/stage-6/picket/app.mpy", "slots/junk")
    write_tree(flash.root, dict.fromkeys(rests, b"x"))
    board.activate(2, True)
    board.confirm()
    board.activate(3, False)
    asyncio.run(board.collect(_turn, 5))
    assert sorted(files.names(flash.root + "/slots")) == ["2", "3", "active.json", "stage-5"]
    board.confirm()
    board.forget_previous()
    board.activate(4, True)
    flash.close()


def test_a_power_cut_at_any_write_leaves_the_old_pointer_or_the_new():
    changes = (
        lambda board: board.activate(2, True),
        lambda board: board.activate(2, False),
        lambda board: board.roll_back("why"),
        lambda board: board.confirm(),
    )
    for change in changes:
        cut = 0
        finished = False
        while not finished:
            cut += 1
            flash, board = _with_slots(1, 2)
            board.activate(1, True)
            old = board.pointer
            flash.supply.restore()
            flash.supply.cut_at = cut
            try:
                change(board)
                finished = True
            except OSError:
                assert board.pointer == old
            new = board.pointer
            flash.power_on()
            again = Slots(flash.root)
            assert not again.damaged
            if finished:
                assert again.pointer == new
            else:
                assert again.pointer == old or again.pointer["app"] in (0, 1, 2)
                assert set(again.pointer) == set(old)
            flash.close()
        assert cut > 1
