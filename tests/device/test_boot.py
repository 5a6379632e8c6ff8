import os
import sys

sys.path.insert(0, __file__.rpartition("/")[0] + "/update")

from power import Flash, read_file, write_tree

import boot
from picket.update import slots
from picket.update.slots import Slots


def _board(*sequences):
    flash = Flash((slots, boot))
    write_tree(flash.root, {"main.py": b""})
    for sequence in sequences:
        write_tree(flash.root, {"slots/%d/main.py" % sequence: b""})
    return flash


def _activated(flash, *sequences):
    board = Slots(flash.root)
    for sequence in sequences:
        if board.on_trial:
            board.confirm()
        board.activate(sequence, True)
    return board


def _slot(flash, sequence):
    return flash.root + "/slots/%d" % sequence


def test_a_board_without_a_pointer_starts_its_factory_application():
    flash = _board()
    assert boot.choose(flash.root) == (flash.root, False)
    flash.close()


def test_a_confirmed_slot_starts_without_a_write():
    flash = _board(1)
    _activated(flash, 1).confirm()
    flash.supply.restore()
    assert boot.choose(flash.root) == (_slot(flash, 1), False)
    assert flash.supply.writes == 0
    flash.close()


def test_the_fourth_boot_on_trial_returns_to_the_previous_slot():
    flash = _board(1, 2)
    _activated(flash, 1, 2)
    for count in range(1, 4):
        assert boot.choose(flash.root) == (_slot(flash, 2), True)
        assert Slots(flash.root).pointer["boots"] == count
    assert boot.choose(flash.root) == (_slot(flash, 1), False)
    pointer = Slots(flash.root).pointer
    assert (pointer["app"], pointer["model"], pointer["state"], pointer["highest"]) == (1, 1, "confirmed", 2)
    reason = "the trial ended in 3 restarts without confirmation"
    assert pointer["rolled_back"] == {"sequence": 2, "reason": reason}
    flash.close()


def test_a_model_on_trial_is_counted_and_given_up_as_well():
    flash = _board(1, 2)
    board = _activated(flash, 1)
    board.confirm()
    board.activate(2, False)
    for _ in range(4):
        assert boot.choose(flash.root)[0] == _slot(flash, 1)
    pointer = Slots(flash.root).pointer
    assert (pointer["app"], pointer["model"]) == (1, 1) and pointer["rolled_back"]["sequence"] == 2
    flash.close()


def test_a_slot_without_an_application_gives_way_to_the_previous_one():
    flash = _board(1)
    _activated(flash, 1, 2).confirm()
    assert boot.choose(flash.root) == (_slot(flash, 1), False)
    flash.close()


def test_without_any_whole_slot_the_factory_application_starts():
    flash = _board()
    _activated(flash, 1, 2).confirm()
    assert boot.choose(flash.root) == (flash.root, False)
    flash.close()


def test_a_trial_that_cannot_be_counted_is_not_started():
    flash = _board(1, 2)
    _activated(flash, 1, 2)
    flash.supply.restore()
    flash.supply.cut_at = 1
    assert boot.choose(flash.root) == (_slot(flash, 1), False)  # so that failed starts of it are counted
    flash.close()


def test_a_power_cut_at_any_write_leaves_a_slot_to_start():
    cut = 0
    finished = False
    while not finished:
        cut += 1
        flash = _board(1, 2)
        _activated(flash, 1, 2)
        flash.supply.restore()
        flash.supply.cut_at = cut
        boot.choose(flash.root)
        finished = flash.supply.writes < cut
        flash.power_on()
        assert not Slots(flash.root).damaged
        assert boot.choose(flash.root)[0] == _slot(flash, 2)
        flash.close()
    assert cut > 1


def test_a_pointer_damaged_at_any_byte_never_stops_the_board():
    flash = _board(1, 2)
    _activated(flash, 1, 2).confirm()
    good = read_file(flash.root + "/slots/active.json")
    for at in range(len(good)):
        damaged = bytearray(good)
        damaged[at] ^= 0x15
        for content in (bytes(damaged), good[:at]):
            write_tree(flash.root, {"slots/active.json": content})
            assert boot.choose(flash.root) == (flash.root, False), at
    flash.close()


def test_a_new_pointer_that_was_not_renamed_serves_when_the_other_is_damaged():
    flash = _board(1, 2)
    _activated(flash, 1, 2).confirm()
    good = read_file(flash.root + "/slots/active.json")
    write_tree(flash.root, {"slots/active.json": b"{", "slots/active.new": good})
    assert boot.choose(flash.root) == (_slot(flash, 2), False)
    flash.close()


class Board:
    """`machine` of a board: the memory of its real-time clock, and why it starts."""

    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = range(1, 6)

    def __init__(self, memory=b""):
        self.kept = memory
        self.cause = self.PWRON_RESET

    def start(self, cause):
        """Why boot.py would not start the application, or None."""
        self.cause = cause
        return boot.refusal(self)

    def reset_cause(self):
        return self.cause

    def RTC(self):
        return self

    def memory(self, data=None):
        if data is None:
            return self.kept
        if len(data) > 2048:
            raise ValueError("buffer too long")
        self.kept = data
        return None


def test_after_three_starts_that_failed_the_application_is_not_started():
    board = Board()
    starts = [board.start(cause) for cause in (board.PWRON_RESET, board.HARD_RESET, board.WDT_RESET)]
    assert starts == [None, None, None]
    assert board.start(board.HARD_RESET) == "3 starts in a row failed"


def test_after_safe_mode_the_application_has_one_attempt_at_a_time():
    board = Board()
    refused = [bool(board.start(board.HARD_RESET)) for _ in range(8)]
    assert refused == [False, False, False, True, False, True, False, True]


def _well(board, crash):
    """What the application says once it is well, on that board."""
    before = sys.modules.get("machine")
    sys.modules["machine"] = board
    try:
        __import__("picket.starts", None, None, ("*",)).well(crash)
    finally:
        del sys.modules["picket.starts"]
        if before:
            sys.modules["machine"] = before
        else:
            del sys.modules["machine"]


def test_a_start_that_came_out_well_is_forgiven_those_before_it():
    board = Board()
    for _ in range(10):
        assert board.start(board.HARD_RESET) is None
        assert board.start(board.HARD_RESET) is None
        _well(board, "crash-test-none")


def test_a_start_that_came_out_well_takes_the_note_of_an_earlier_crash_away():
    with open("crash-test-note", "w") as f:
        f.write("ValueError")
    for _ in range(2):
        _well(Board(), "crash-test-note")
        assert "crash-test-note" not in os.listdir(".")


def test_power_cuts_and_deep_sleep_are_no_failures():
    board = Board()
    for _ in range(20):
        assert board.start(board.PWRON_RESET) is None
        assert board.start(board.DEEPSLEEP_RESET) is None
        assert board.start(board.HARD_RESET) is None


def test_soft_resets_are_not_counted():
    board = Board()
    assert [board.start(board.SOFT_RESET) for _ in range(20)] == [None] * 20
    assert board.start(board.HARD_RESET) is None


def test_safe_mode_on_request_comes_once():
    board = Board(b"PKB\xff")
    assert board.start(board.HARD_RESET) == "as was asked for"
    assert board.start(board.HARD_RESET) is None


def test_what_others_keep_in_the_memory_stays_there():
    board = Board(b"duty: 17")
    for cause in (board.PWRON_RESET, board.HARD_RESET, board.DEEPSLEEP_RESET):
        board.start(cause)
        assert board.kept[4:] == b"duty: 17"


def test_a_memory_that_others_have_filled_does_not_keep_the_board_from_starting():
    board = Board(b"x" * 2048)
    assert [board.start(board.HARD_RESET) for _ in range(5)] == [None] * 5
    assert board.kept == b"x" * 2048
