"""The switch to files that a cable has brought, with the power cut at every write: all old, or all new in the end."""

import sys

sys.path.insert(0, __file__.rpartition("/")[0] + "/update")
sys.path.insert(0, __file__.rpartition("/tests/")[0] + "/host_tools/picket_host/board/on_board")

import commit
from power import Flash, PowerCut, read_file, write_tree

import boot

_OLD = {
    "boot.py": b"old boot",
    "main.py": b"old main",
    "picket/gone.mpy": b"old and gone",
    "picket/same.mpy": b"same",
    "slots/7/main.py": b"old slot",
}
_NEW = {
    "boot.py": b"new boot" * 100,
    "main.py": b"new main",
    "picket/fresh.mpy": b"new" * 500,
    "picket/same.mpy": b"same",
    "slots/7/main.py": b"new slot",
}
_STAGED = {
    ".picket/stage/1": _NEW["boot.py"],
    ".picket/stage/2": _NEW["main.py"],
    ".picket/stage/3": _NEW["picket/fresh.mpy"],
    "slots/stage-7/main.py": _NEW["slots/7/main.py"],
    ".picket/switch.new": (
        b"/.picket/stage/1\t/boot.py\n"
        b"/.picket/stage/2\t/main.py\n"
        b"/.picket/stage/3\t/picket/fresh.mpy\n"
        b"\t/picket/gone.mpy\n"
        b"/slots/7\t/.picket/old\n"
        b"/slots/stage-7\t/slots/7\n"
    ),
}
_GARBAGE = ["/.picket/old", "/.picket/stage", "/never/was"]


def _staged():
    flash = Flash((commit, boot))
    write_tree(flash.root, _OLD)
    write_tree(flash.root, _STAGED)
    flash.supply.restore()
    return flash


def _has(flash, tree, but=()):
    for path, content in tree.items():
        try:
            if read_file(flash.root + "/" + path) != content:
                return False
        except OSError:
            return False
    for path in but:
        if path not in tree:
            try:
                read_file(flash.root + "/" + path)
                return False
            except OSError:
                pass
    return True


def _cut(flash, at, action):
    """Run the action with the power cut at a write; whether it came to its end before that."""
    flash.supply.cut_at = at
    try:
        action()
        done = flash.supply.writes < at
    except (PowerCut, OSError):
        done = False
    flash.power_on()
    return done


def test_the_switch_brings_everything_and_clears_up():
    flash = _staged()
    commit.commit(flash.root, _GARBAGE, True)
    assert _has(flash, _NEW, _OLD)
    assert not _has(flash, {".picket/old/main.py": _OLD["slots/7/main.py"]})
    assert sorted(commit.os.listdir(flash.root + "/.picket")) == []
    flash.close()


def test_a_power_cut_at_any_write_leaves_all_old_or_boot_makes_it_all_new():
    at = 0
    outcomes = set()
    done = False
    while not done:
        at += 1
        flash = _staged()
        done = _cut(flash, at, lambda flash=flash: commit.commit(flash.root, _GARBAGE, True))
        _cut(flash, at % 5 + 1, lambda flash=flash: boot.finish(flash.root))  # and once more while boot.py is at it
        boot.finish(flash.root)
        old, new = _has(flash, _OLD, _NEW), _has(flash, _NEW, _OLD)
        assert old != new, at
        outcomes.add(new)
        flash.close()
    assert outcomes == {False, True} and at > 5


def test_the_next_sync_completes_what_boot_did_not():
    flash = _staged()
    _cut(flash, 4, lambda: commit.commit(flash.root, _GARBAGE, True))
    if not _has(flash, {".picket/switch": _STAGED[".picket/switch.new"]}):
        commit.os.rename(flash.root + "/.picket/switch.new", flash.root + "/.picket/switch")
    commit.commit(flash.root, _GARBAGE, False)
    assert _has(flash, _NEW, _OLD)
    flash.close()


def test_without_a_switch_under_way_boot_writes_nothing():
    flash = Flash((commit, boot))
    write_tree(flash.root, _OLD)
    flash.supply.restore()
    boot.finish(flash.root)
    assert flash.supply.writes == 0
    flash.close()
