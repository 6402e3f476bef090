"""lockd drives a real Linux GPIO line, for both kinds of lock behind both kinds of relay: locked but under a lease.

What the line was given is the kernel's own record of every level, in order; what is seen is what a relay board sees.
"""

from typing import Any

import pytest

WIRINGS = ["fail_secure active-high", "fail_secure active-low", "fail_safe active-high", "fail_safe active-low"]
ENDS = ["SIGTERM", "SIGKILL"]
# The machine's clock ticks every 10 ms, and it may wait for a busy one around it.
SOONEST, LATEST = -0.02, 2.0


@pytest.fixture(params=WIRINGS)
def strike(request: pytest.FixtureRequest, report: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = report[request.param]
    return seen


def test_the_line_is_locked_from_the_moment_it_is_an_output(strike: dict[str, Any]) -> None:
    locked, claimed = strike["locked"], strike["claimed"]

    assert claimed["before"] != locked, "everything outside holds the line at the level that unlocks"
    assert claimed["given"], "the kernel gave the line its level"
    assert set(claimed["given"]) == {locked}
    assert claimed["seen"] == locked


def test_the_record_shows_the_unlock_of_a_program_that_claims_without_a_level(report: dict[str, Any]) -> None:
    assert report["unlevelled"] == [1 - report["fail_safe active-high"]["locked"]]


def test_the_line_unlocks_for_a_lease_and_for_no_longer(strike: dict[str, Any]) -> None:
    leased = strike["leased"]

    assert leased["released"]
    assert leased["locks"]
    opened, shut = leased["turns"]
    assert [opened["level"], shut["level"]] == [1 - strike["locked"], strike["locked"]]
    assert SOONEST <= shut["at"] - opened["at"] - leased["seconds"] <= LATEST


def test_the_line_locks_when_the_client_of_a_lease_is_killed(strike: dict[str, Any]) -> None:
    left = strike["left by its client"]

    assert left["released"]
    assert left["locks"]
    assert left["given"] == [1 - strike["locked"], strike["locked"]]


def test_lockd_locks_the_line_before_it_obeys_a_termination(strike: dict[str, Any]) -> None:
    for ended in strike["SIGTERM"]:
        assert ended["released"]
        assert ended["given"] == [strike["locked"]]
        assert (ended["code"], ended["said"]) == (0, "")


def test_a_killed_lockd_gives_the_line_nothing_more(strike: dict[str, Any]) -> None:
    for ended in strike["SIGKILL"]:
        assert ended["released"]
        assert ended["given"] == []
        assert ended["code"] == -9


@pytest.mark.parametrize("end", ENDS)
def test_a_line_that_nobody_holds_falls_to_what_is_soldered_to_it(strike: dict[str, Any], end: str) -> None:
    """So a resistor to the locked level belongs at every strike; this chip keeps no level, a Raspberry Pi's may."""
    assert [ended["left"] for ended in strike[end]] == [ended["pull"] for ended in strike[end]]
    assert {ended["pull"] for ended in strike[end]} == {0, 1}


@pytest.mark.parametrize("end", ENDS)
def test_the_next_lockd_locks_whatever_the_last_one_left(strike: dict[str, Any], end: str) -> None:
    for ended in strike[end]:
        assert set(ended["given_again"]) == {strike["locked"]}
        assert ended["seen_again"] == strike["locked"]


def test_a_second_lockd_on_a_line_is_refused_and_changes_nothing(strike: dict[str, Any]) -> None:
    contended = strike["contended"]

    assert contended["code"] == 1
    assert contended["said"].startswith("meroppet-lockd: line gpio:/dev/gpiochip")
    assert contended["said"].endswith(" is not there or held by another process: Device or resource busy\n")
    assert contended["given"] == []
    assert contended["released"], "the first one's lease lives on"


def test_a_check_opens_the_line_locked(strike: dict[str, Any]) -> None:
    checked = strike["checked"]

    assert (checked["code"], checked["said"]) == (0, "")
    assert set(checked["given"]) == {strike["locked"]}


@pytest.mark.parametrize(
    ("what", "line", "reason"),
    [
        ("no chip", "gpio:/dev/gpiochip9:17", "No such file or directory"),
        ("no line", "gpio:/dev/gpiochip0:99", "Invalid argument"),
        ("no gpio", "gpio:/dev/null:17", "Inappropriate ioctl for device"),
    ],
)
def test_a_line_that_is_not_there_is_one_sentence(report: dict[str, Any], what: str, line: str, reason: str) -> None:
    sentence = f"meroppet-lockd: line {line} is not there or held by another process: {reason}\n"

    assert report["refused"][what] == {"code": 1, "said": sentence}
