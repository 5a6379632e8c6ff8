import os
import struct
from binascii import crc32

from support import error_of
from update.power import Flash

from picket.link import boot_count, outbox
from picket.link.outbox import Outbox


class _Board:
    """An outbox and boot counter on a flash of their own."""

    def __init__(self, max_entries=16):
        self.flash = Flash((outbox, boot_count))
        self.max_entries = max_entries
        self.folder = self.flash.root + "/outbox"

    def boot(self):
        box = Outbox(self.max_entries, self.folder)
        box.begin(boot_count.advance(self.flash.root + "/state", box.last_boot()))
        return box


def _contents(box):
    return [(box.key(i), box.read(*box.key(i))) for i in range(len(box))]


def _payload(number):
    return b"alert %d " % number + b"x" * (number % 90)


def test_what_was_appended_is_there_after_a_reboot_in_order():
    board = _Board()
    expected = []
    for _ in range(3):
        box = board.boot()
        for number in range(4):
            payload = _payload(10 * box.boot + number)
            expected.append((box.append(payload), payload))
    again = board.boot()
    assert _contents(again) == expected
    assert [key for key, _ in expected] == [(b, s) for b in (1, 2, 3) for s in (1, 2, 3, 4)]
    board.flash.close()


def test_order_is_by_number_not_by_name():
    board = _Board(max_entries=40)
    box = board.boot()
    for number in range(12):
        box.append(_payload(number))
    for _ in range(9):
        box = board.boot()
    box.append(b"tenth boot")
    keys = [key for key, _ in _contents(board.boot())]
    assert keys == [(1, s) for s in range(1, 13)] + [(10, 1)]
    board.flash.close()


def test_an_entry_is_at_most_128_bytes_and_ends_with_its_crc():
    board = _Board()
    box = board.boot()
    payload = bytes(range(120))
    boot, seq = box.append(payload)
    with open("%s/%d-%d" % (board.folder, boot, seq), "rb") as file:
        entry = file.read()
    assert len(entry) <= 128
    assert entry == payload + struct.pack("<I", crc32(payload))
    assert "121 bytes" in error_of(ValueError, box.append, bytes(121))
    assert "0 bytes" in error_of(ValueError, box.append, b"")
    board.flash.close()


def test_a_full_outbox_refuses_and_counts_and_takes_again_after_an_ack():
    board = _Board(max_entries=3)
    box = board.boot()
    keys = [box.append(_payload(n)) for n in range(3)]
    assert box.append(b"no room") is None
    assert box.dropped == 1 and len(box) == 3
    assert box.remove(*keys[1])
    assert box.append(b"room") is not None
    assert [payload for _, payload in _contents(box)] == [_payload(0), _payload(2), b"room"]
    board.flash.close()


def test_removal_in_any_order_keeps_the_rest():
    board = _Board()
    box = board.boot()
    keys = [box.append(_payload(n)) for n in range(8)]
    left = list(range(8))
    for gone in (3, 0, 7, 4, 1):
        assert box.remove(*keys[gone])
        assert not box.remove(*keys[gone])
        left.remove(gone)
        assert _contents(box) == [(keys[n], _payload(n)) for n in left]
    assert not box.remove(9, 9)
    assert _contents(board.boot()) == [(keys[n], _payload(n)) for n in left]
    board.flash.close()


def test_find_gives_the_first_entry_not_older():
    board = _Board()
    box = board.boot()
    for number in range(3):
        box.append(_payload(number))
    assert [box.find(0, 9), box.find(1, 1), box.find(1, 3), box.find(1, 4), box.find(2, 0)] == [0, 0, 2, 3, 3]
    board.flash.close()


def test_an_entry_that_is_not_whole_is_taken_away_and_counted_whatever_byte_is_wrong():
    board = _Board()
    box = board.boot()
    whole = box.append(b"whole")
    path = "%s/%d-%d" % ((board.folder,) + box.append(b"damaged"))
    with open(path, "rb") as file:
        entry = file.read()
    spoilt = [entry[:n] for n in range(len(entry))]
    for n in range(len(entry)):
        spoilt.append(entry[:n] + bytes([entry[n] ^ 0x10]) + entry[n + 1 :])
    spoilt.append(entry + b"\0")
    spoilt.append(bytes(200))
    for wrong in spoilt:
        with open(path, "wb") as file:
            file.write(wrong)
        box = Outbox(16, board.folder)
        assert _contents(box) == [(whole, b"whole")], wrong
        assert box.torn == 1
        assert os.listdir(board.folder) == ["%d-%d" % whole]
    board.flash.close()


def test_an_entry_damaged_later_is_never_handed_out():
    board = _Board()
    box = board.boot()
    first, second = box.append(b"first"), box.append(b"second")
    with open("%s/%d-%d" % ((board.folder,) + first), "wb") as file:
        file.write(b"first, spoilt")
    assert box.read(*first) is None
    assert box.torn == 1
    assert _contents(box) == [(second, b"second")]
    board.flash.close()


def test_files_of_other_names_are_left_alone():
    board = _Board()
    box = board.boot()
    key = box.append(b"alert")
    for name in ("01-1", "1-", "-1", "x-1", "1-1.new", "note"):
        with open(board.folder + "/" + name, "w") as file:
            file.write("x")
    again = Outbox(16, board.folder)
    assert _contents(again) == [(key, b"alert")]
    assert again.torn == 0
    assert len(os.listdir(board.folder)) == 7
    board.flash.close()


def test_more_entries_on_flash_than_the_limit_are_all_kept():
    board = _Board(max_entries=9)
    box = board.boot()
    for number in range(9):
        box.append(_payload(number))
    board.max_entries = 4
    box = board.boot()
    assert len(box) == 9
    assert box.append(b"no room") is None
    board.flash.close()


def test_the_boot_counter_grows_and_never_falls_behind_the_outbox():
    board = _Board()
    assert [board.boot().boot for _ in range(3)] == [1, 2, 3]
    box = board.boot()
    box.append(b"alert")
    path = board.flash.root + "/state/boot"
    with open(path) as file:
        stored = file.read()
    for wrong in ["", "9", "9 00000000\n", "x y", stored[:-2]] + [stored[:n] for n in range(len(stored) - 1)]:
        with open(path, "w") as file:
            file.write(wrong)
        assert Outbox(16, board.folder).last_boot() == 4
        assert board.boot().boot == 5
    board.flash.close()


def test_begin_refuses_a_boot_that_would_give_ids_twice():
    board = _Board()
    board.boot().append(b"alert")
    box = Outbox(16, board.folder)
    assert "not above" in error_of(ValueError, box.begin, 1)
    assert "begin()" in error_of(ValueError, box.append, b"too early")
    board.flash.close()


def _life(board, tried, accepted, removed):
    """A few boots with appends and acks, noting what was promised; may end by a power cut."""
    number = 0
    for _ in range(3):
        box = board.boot()
        for _ in range(3):
            payload = _payload(number)
            tried.append(payload)
            key = box.append(payload)
            if key:
                accepted[key] = payload
            number += 1
        if len(box) > 2:
            key = box.key(1)
            removed.append(key)
            box.remove(*key)


def test_a_power_cut_at_every_write_loses_no_accepted_alert_and_leaves_none_torn():
    cut_at = 0
    finished = False
    while not finished:
        cut_at += 1
        board = _Board()
        board.flash.supply.cut_at = cut_at
        tried, accepted, removed = [], {}, []
        try:
            _life(board, tried, accepted, removed)
        except OSError:
            pass  # a boot that can't count itself does not go on
        finished = board.flash.supply.writes < cut_at
        board.flash.power_on()
        box = board.boot()
        found = dict(_contents(box))
        for key, payload in accepted.items():
            # The gateway may have an alert whose removal was under way; all others must be here.
            assert key in removed or found.get(key) == payload, (cut_at, key)
        for key, payload in found.items():
            # What was not accepted may have come through whole, but only under a number of its own.
            assert payload == accepted.get(key, payload), (cut_at, key)
            assert payload in tried, (cut_at, key)
        assert sorted(found) == [key for key, _ in _contents(box)]
        assert all(key[0] < box.boot for key in found)
        # And the outbox goes on working.
        assert box.append(b"after") == (box.boot, 1)
        board.flash.close()
    assert cut_at > 20


def test_a_failed_write_is_counted_and_its_number_never_given_again():
    board = _Board()
    box = board.boot()
    first = box.append(b"first")
    board.flash.supply.cut_at = board.flash.supply.writes + 1
    assert box.append(b"second") is None
    assert box.dropped == 1
    board.flash.power_on()
    third = box.append(b"third")
    assert first == (1, 1) and third == (1, 3)
    board.flash.close()


