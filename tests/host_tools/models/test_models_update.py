"""Real packages replace each other on a board that has less heap than it should."""

import quiet_machine
from on_board import gateway, needs_simulator, running_board  # noqa: F401 - fixtures

_HEAP = "194k"  # of the 200 KB that a board has: too torn, sooner or later, for the larger model beside the other one


def test_models_replace_each_other_even_where_one_finds_no_place_beside_the_other(built, gateway, tmp_path):  # noqa: F811
    baseline, better = (built[0][variant].folder for variant in ("baseline", "better"))
    options = {"recordings": quiet_machine.recorded(), "package": baseline, "heap": _HEAP}
    with running_board(tmp_path, gateway, board=quiet_machine.BOARD, **options) as bench:
        for sequence, package in enumerate((better, baseline, better), 1):
            bench.offer(bench.release(sequence, model=package))
            bench.wait_for(sequence, "UPDATED")
            bench.wait_for_birth(model=sequence, state="confirmed")
