"""Two runs of one identity that boot in turn are two processes; a door that starts anew again and again is one."""

import pytest

from server.devices.clones import are_of_two


def boots(runs: str) -> list[str]:
    """A boot of each run named by a letter, in order."""
    return [f"{run}.{number}" for number, run in enumerate(runs)]


@pytest.mark.parametrize("runs", ["ababa", "aabab", "abaab", "abcabca", "xababa"])
def test_runs_that_come_back_after_each_other_are_two(runs: str) -> None:
    assert are_of_two(boots(runs))


@pytest.mark.parametrize(
    "runs",
    [
        "",
        "a",
        "aaaaaaaa",
        "abcdefgh",
        "aaabbb"[:4],
        # A request that came late from a process that had ended, and the answer of the one that took its place.
        "abab",
        "aba",
    ],
)
def test_what_one_door_after_another_does_is_no_clone(runs: str) -> None:
    assert not are_of_two(boots(runs))


def test_boots_of_older_devices_name_no_run() -> None:
    assert not are_of_two(["a", "b", "a", "b", "a"])
