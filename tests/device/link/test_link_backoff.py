from picket.link.backoff import Backoff


def _highest(backoff_after, tries=60):
    """The longest of many waits after `backoff_after` failures, at a base of 100 ms and a cap of 1,600 ms."""
    longest = 0
    for _ in range(tries):
        backoff = Backoff(100, 1600)
        for _ in range(backoff_after):
            backoff.next_ms()
        longest = max(longest, backoff.next_ms())
    return longest


def test_the_limit_doubles_up_to_the_cap_and_the_wait_is_anywhere_below():
    for failures, limit in ((0, 100), (1, 200), (3, 800), (4, 1600), (40, 1600)):
        assert limit // 2 < _highest(failures) <= limit, failures


def test_waits_differ_so_that_a_fleet_does_not_return_as_one():
    waits = {Backoff(60000).next_ms() for _ in range(30)}
    assert len(waits) > 20


def test_success_makes_the_waits_short_again():
    backoff = Backoff(100, 100000)
    for _ in range(12):
        backoff.next_ms()
    backoff.reset()
    assert backoff.next_ms() <= 100
