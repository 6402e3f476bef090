"""Role × branch × action, decided in one place."""

from datetime import date
from itertools import pairwise

import pytest

from server.organisations.service import BranchView
from server.staff.access import ALLOWED, Access, Action, Grant, Role


def _branch(id: str, controller: str, consortium: str) -> BranchView:  # noqa: A002
    return BranchView(id, id, consortium, controller, "Europe/Stockholm", "0", date(2026, 1, 1), "")


NORA = _branch("nora", "nora-kommun", "west")
GYTTORP = _branch("gyttorp", "nora-kommun", "west")
LIND = _branch("lind", "lind-kommun", "west")
TEG = _branch("teg", "umea", "north")
EVERYWHERE = (NORA, GYTTORP, LIND, TEG)

AT = {
    Grant(Role.BRANCH, "nora"): {NORA},
    Grant(Role.MUNICIPALITY, "nora-kommun"): {NORA, GYTTORP},
    Grant(Role.CONSORTIUM, "west"): {NORA, GYTTORP, LIND},
    Grant(Role.SERVER): {*EVERYWHERE},
}


@pytest.mark.parametrize("grant", AT, ids=lambda grant: grant.role.value)
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("branch", EVERYWHERE, ids=lambda branch: branch.id)
def test_a_role_reaches_its_place_and_its_actions_and_nothing_else(
    grant: Grant, action: Action, branch: BranchView
) -> None:
    expected = branch in AT[grant] and action in ALLOWED[grant.role]

    assert Access(frozenset({grant})).may(action, branch) is expected


def test_each_wider_role_may_all_that_the_narrower_may() -> None:
    order = [Role.BRANCH, Role.MUNICIPALITY, Role.CONSORTIUM, Role.SERVER]
    for narrow, wide in pairwise(order):
        assert ALLOWED[narrow] <= ALLOWED[wide]


def test_a_place_of_the_same_name_on_another_level_is_another_place() -> None:
    mixed_up = Access(frozenset({Grant(Role.MUNICIPALITY, "nora"), Grant(Role.BRANCH, "nora-kommun")}))

    assert not any(mixed_up.may(action, NORA) for action in Action)


def test_no_grant_is_no_access() -> None:
    assert not any(Access(frozenset()).may(action, branch) for action in Action for branch in EVERYWHERE)


@pytest.mark.parametrize(
    ("own", "given", "at", "expected"),
    [
        (Grant(Role.BRANCH, "nora"), Grant(Role.BRANCH, "nora"), NORA, False),
        (Grant(Role.MUNICIPALITY, "nora-kommun"), Grant(Role.BRANCH, "gyttorp"), GYTTORP, True),
        (Grant(Role.MUNICIPALITY, "nora-kommun"), Grant(Role.MUNICIPALITY, "nora-kommun"), NORA, True),
        (Grant(Role.MUNICIPALITY, "nora-kommun"), Grant(Role.BRANCH, "lind"), LIND, False),
        (Grant(Role.MUNICIPALITY, "nora-kommun"), Grant(Role.CONSORTIUM, "west"), NORA, False),
        (Grant(Role.MUNICIPALITY, "nora-kommun"), Grant(Role.SERVER), NORA, False),
        (Grant(Role.CONSORTIUM, "west"), Grant(Role.CONSORTIUM, "west"), NORA, True),
        (Grant(Role.CONSORTIUM, "west"), Grant(Role.CONSORTIUM, "north"), TEG, False),
        (Grant(Role.CONSORTIUM, "west"), Grant(Role.CONSORTIUM, "north"), NORA, False),
        (Grant(Role.CONSORTIUM, "west"), Grant(Role.SERVER), NORA, False),
        (Grant(Role.CONSORTIUM, "west"), Grant(Role.SERVER, "west"), NORA, False),
        (Grant(Role.SERVER), Grant(Role.SERVER), None, True),
    ],
)
def test_nobody_gives_more_than_she_has(own: Grant, given: Grant, at: BranchView | None, expected: bool) -> None:
    assert Access(frozenset({own})).may_grant(given, at) is expected


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({Grant(Role.BRANCH, "nora")}, True),
        ({Grant(Role.BRANCH, "nora"), Grant(Role.MUNICIPALITY, "nora-kommun")}, True),
        ({Grant(Role.BRANCH, "nora"), Grant(Role.BRANCH, "lind")}, False),
        ({Grant(Role.BRANCH, "nora"), Grant(Role.CONSORTIUM, "west")}, False),
        ({Grant(Role.BRANCH, "nora"), Grant(Role.SERVER)}, False),
        ({Grant(Role.BRANCH, "gone")}, False),
        (set(), False),
    ],
)
def test_nobody_shuts_out_who_has_more_than_she_could_have_given(theirs: set[Grant], expected: bool) -> None:
    mine = Access(frozenset({Grant(Role.MUNICIPALITY, "nora-kommun")}))

    assert mine.may_close(theirs, EVERYWHERE) is expected
    assert Access(frozenset({Grant(Role.SERVER)})).may_close(theirs, EVERYWHERE)
