"""lockd's locks by an injected clock: each is released exactly while a lease of its own lives, whatever is said."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.lockd.daemon import MAIN, Daemon
from hardware.lockd.leases import Leases
from hardware.ports import MAIN_LOCK

LOCKS = ("main", "night")


class Locks:
    """A daemon without a socket, its clock in our hands, and what its lines were given."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns: list[tuple[str, bool]] = []
        drives = {name: lambda released, name=name: self.turns.append((name, released)) for name in LOCKS}
        self.daemon = Daemon(drives, lambda: self.now)

    def ask(self, request: object, holder: int = 1) -> dict[str, object]:
        return self.daemon.answer(holder, json.dumps(request).encode())

    def released(self) -> set[str]:
        """By what the lines were given last."""
        return {name for name, released in dict(self.turns).items() if released}


def test_more_leases_than_a_door_needs_are_refused_but_those_that_live_are_renewed() -> None:
    leases = Leases()
    for number in range(16):
        leases.grant(("main", 1, str(number)), 5, now=0.0)

    with pytest.raises(ValueError, match="out of bounds"):
        leases.grant(("main", 1, "one more"), 5, now=0.0)
    assert leases.grant(("main", 1, "3"), 5, now=1.0) == 6.0


def test_a_lease_ends_at_its_end_and_not_after() -> None:
    leases = Leases()
    leases.grant(("main", 1, "a"), 5, now=0.0)

    assert leases.living(4.999) == {("main", 1, "a"): 5.0}
    assert leases.living(5.0) == {}


def test_a_lease_of_one_lock_leaves_the_others_locked() -> None:
    locks = Locks()

    assert locks.ask({"lease": 5, "id": "a", "lock": "night"})["ok"]

    assert locks.turns == [("night", True)]
    assert locks.ask({"state": True}) == {"ok": True, "locked": True}
    assert locks.ask({"state": True, "lock": "main"}) == {"ok": True, "locked": True}
    assert locks.ask({"state": True, "lock": "night"}) == {"ok": True, "locked": False}


def test_a_lease_that_names_no_lock_is_the_main_ones() -> None:
    locks = Locks()

    locks.ask({"lease": 5, "id": "a"})

    assert locks.turns == [("main", True)]


@pytest.mark.parametrize("other", ["inner", "", None, 1, True, ["main"], {"main": True}])
@pytest.mark.parametrize("request_", [{"lease": 5, "id": "a"}, {"end": "a"}, {"state": True}])
def test_a_lock_there_is_not_is_refused(request_: dict[str, object], other: object) -> None:
    locks = Locks()

    assert locks.ask(request_ | {"lock": other}) == {"ok": False, "error": "no such lock"}
    assert locks.turns == []


def test_ending_a_lease_ends_it_at_every_lock_and_for_every_holder() -> None:
    locks = Locks()
    for holder, lock in enumerate(LOCKS):
        locks.ask({"lease": 5, "id": "a", "lock": lock}, holder)

    locks.ask({"end": "a"}, holder=7)

    assert locks.released() == set()


def test_a_holder_who_is_gone_leaves_everything_he_held_locked() -> None:
    locks = Locks()
    for lock in LOCKS:
        locks.ask({"lease": 5, "id": "a", "lock": lock}, holder=1)
    locks.ask({"lease": 5, "id": "a", "lock": "night"}, holder=2)

    locks.daemon.leave(1)

    assert locks.released() == {"night"}


def test_it_says_when_the_first_lease_of_any_lock_ends() -> None:
    locks = Locks()
    locks.ask({"lease": 5, "id": "a"})
    locks.ask({"lease": 3, "id": "b", "lock": "night"})

    assert locks.daemon.settle() == 3.0
    locks.now = 3.0
    assert locks.daemon.settle() == 5.0
    locks.now = 5.0
    assert locks.daemon.settle() == math.inf
    assert locks.turns == [("main", True), ("night", True), ("night", False), ("main", False)]


steps = st.one_of(
    st.tuples(st.just("lease"), st.sampled_from(LOCKS), st.sampled_from("ab"), st.floats(0.1, 10.0)),
    st.tuples(st.just("end"), st.sampled_from(LOCKS), st.sampled_from("ab"), st.just(0.0)),
    st.tuples(st.just("leave"), st.just("main"), st.just(""), st.just(0.0)),
    st.tuples(st.just("wait"), st.just("main"), st.just(""), st.floats(0.0, 12.0)),
)


@given(st.lists(st.tuples(st.integers(1, 2), steps), max_size=30))
def test_each_lock_is_released_exactly_while_a_lease_of_its_own_lives(
    script: list[tuple[int, tuple[str, str, str, float]]],
) -> None:
    locks, ends = Locks(), dict[tuple[str, int, str], float]()
    for holder, (what, lock, name, seconds) in script:
        match what:
            case "lease":
                assert locks.ask({"lease": seconds, "id": name, "lock": lock}, holder)["ok"]
                ends[lock, holder, name] = locks.now + seconds
            case "end":
                locks.ask({"end": name, "lock": lock}, holder)
                ends = {key: until for key, until in ends.items() if key[2] != name}
            case "leave":
                locks.daemon.leave(holder)
                ends = {key: until for key, until in ends.items() if key[1] != holder}
            case "wait":
                locks.now += seconds
        first = locks.daemon.settle()
        ends = {key: until for key, until in ends.items() if until > locks.now}

        assert locks.released() == {lock for lock, _, _ in ends}
        assert first == min(ends.values(), default=math.inf)


def test_no_line_is_given_the_level_it_has() -> None:
    locks = Locks()
    for _ in range(3):
        locks.ask({"lease": 5, "id": "a"})
        locks.ask({"state": True})

    assert locks.turns == [("main", True)]


def test_what_waited_too_long_opens_nothing() -> None:
    locks = Locks()
    locks.now = 10.0

    assert locks.ask({"lease": 5, "id": "a", "by": 9.99}) == {"ok": False, "error": "too late"}
    assert locks.ask({"lease": 5, "id": "a", "by": 10.0})["ok"]


def test_the_lock_that_needs_no_name_is_called_the_same_on_both_sides() -> None:
    assert MAIN == MAIN_LOCK
