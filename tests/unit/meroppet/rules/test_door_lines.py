"""What watches a line of its own: a contact that bounces, a stuck button, covers, the panel's horn, a magnet's bond."""

from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.door import (
    SETTLE_SECONDS,
    STUCK_SECONDS,
    Alarm,
    Bond,
    Button,
    Contact,
    Door,
    EndLease,
    Exit,
    Fitted,
    Intruder,
    Lower,
    Raise,
    Release,
    Released,
    Tamper,
    Tick,
    due,
    step,
)
from meroppet.rules.entry import Record
from meroppet.rules.events import DoorForced, DoorOpened, DoorReleased, DoorShut
from meroppet.rules.house_events import DoorTampered, DoorUnbonded, ExitStuck, Intrusion, TamperEnded
from meroppet.rules.policy import Policy

CARD = Policy(minimum_age=16)


def told(door: Door, words: list[tuple[float, bool | None]], until: float) -> tuple[Door, list[object]]:
    """The door after a contact's words, looked at whenever it asks to be."""
    events: list[object] = []
    for at, word in [*words, (until, None)]:
        while (wanted := due(door, CARD)) is not None and wanted <= at:
            door, effects = step(door, Tick(), CARD, wanted)
            events += [effect.event for effect in effects if isinstance(effect, Record)]
        if (at, word) in words:
            door, effects = step(door, Contact(word), CARD, at)
            events += [effect.event for effect in effects if isinstance(effect, Record)]
    return door, events


def test_a_word_counts_once_it_has_stood_and_is_judged_by_when_it_came() -> None:
    shut, _ = step(Door(lease="t1", until=15.0, cause="granted"), Contact(is_open=False), CARD, 10.0)
    moving, effects = step(shut, Contact(is_open=True), CARD, 15.98)
    assert (effects, due(moving, CARD)) == ((), 16.0)
    assert step(moving, Contact(is_open=True), CARD, 15.99)[0] == moving

    _, effects = step(moving, Tick(), CARD, 16.0)
    assert effects == (), "its lease ran out in between, and its word has not stood yet"
    opened, effects = step(moving, Tick(), CARD, 15.98 + SETTLE_SECONDS)
    assert effects == (EndLease("t1"), Record(DoorOpened()))
    assert opened.opened_at == 15.98


def test_a_contact_that_bounces_says_nothing_twice() -> None:
    bounces = [(1.0, False), (2.0, True), (2.01, False), (2.02, True), (9.0, False), (9.01, True), (9.02, False)]
    _, events = told(Door(leaving_until=3.0), [(at, word) for at, word in bounces], 12.0)
    assert events == [DoorOpened(), DoorShut()]


@given(st.lists(st.floats(0.001, 0.045), max_size=20))
def test_words_that_do_not_stand_are_no_movement(gaps: list[float]) -> None:
    at, words = 1.0, list[tuple[float, bool | None]]([(0.5, False)])
    for number, gap in enumerate(gaps):
        at += gap
        words.append((at, number % 2 == 0))

    _, events = told(Door(), words, at + 5.0)

    assert events == ([DoorForced()] if len(gaps) % 2 else [])


def test_a_contact_that_was_lost_begins_with_how_the_leaf_stands() -> None:
    door, events = told(Door(), [(1.0, False), (2.0, None), (3.0, True)], 4.0)
    assert (events, door.found) == ([], True)


def test_a_button_no_hand_holds_down_is_stuck_and_still_a_button() -> None:
    down, effects = step(Door(), Button(is_down=True), CARD, 10.0)
    assert (effects, due(down, CARD)) == ((), 10.0 + STUCK_SECONDS)
    assert step(down, Button(is_down=True), CARD, 20.0) == (down, ())
    assert step(down, Tick(), CARD, 20.0) == (down, ())

    stuck, effects = step(down, Tick(), CARD, 40.04)
    assert effects == (Record(ExitStuck(30.0)), Raise(Alarm.EXIT_STUCK))
    assert due(stuck, CARD) is None
    assert step(stuck, Tick(), CARD, 99.0) == (stuck, ())
    assert isinstance(step(stuck, Exit("e1"), CARD, 50.0)[1][0], Release)
    assert step(stuck, Button(is_down=False), CARD, 60.0) == (Door(), (Lower(Alarm.EXIT_STUCK),))
    assert step(down, Button(is_down=False), CARD, 11.0) == (Door(), ())


def test_every_cover_is_told_and_the_alarm_lasts_until_the_last_is_back() -> None:
    box, effects = step(Door(), Tamper("box", is_on=True), CARD, 1.0)
    assert effects == (Record(DoorTampered("box")), Raise(Alarm.TAMPER))
    assert step(box, Tamper("box", is_on=True), CARD, 1.0) == (box, ())
    both, _ = step(box, Tamper("reader", is_on=True), CARD, 2.0)
    one, effects = step(both, Tamper("box", is_on=False), CARD, 3.0)
    assert effects == (Record(TamperEnded("box")),)
    assert step(one, Tamper("reader", is_on=False), CARD, 4.0) == (
        Door(),
        (Record(TamperEnded("reader")), Lower(Alarm.TAMPER)),
    )
    assert step(Door(), Tamper("box", is_on=False), CARD, 4.0) == (Door(), ())


def test_an_intrusion_is_told_once() -> None:
    loud, effects = step(Door(), Intruder(is_on=True), CARD, 1.0)
    assert effects == (Record(Intrusion()), Raise(Alarm.INTRUSION))
    assert step(loud, Intruder(is_on=True), CARD, 2.0) == (loud, ())
    assert step(loud, Intruder(is_on=False), CARD, 3.0) == (Door(), (Lower(Alarm.INTRUSION),))


def test_a_magnet_that_does_not_hold_though_nothing_released_it_is_an_alarm() -> None:
    magnet = Door(fitted=Fitted(bond=True), bond=True)
    loose, effects = step(magnet, Bond(holds=False), CARD, 10.0)
    assert (effects, due(loose, CARD)) == ((), 13.0)
    assert step(loose, Tick(), CARD, 12.0) == (loose, ())

    alarmed, effects = step(loose, Tick(), CARD, 13.0)
    assert effects == (Record(DoorUnbonded()), Raise(Alarm.UNBONDED))
    assert step(alarmed, Tick(), CARD, 60.0) == (alarmed, ())
    assert step(alarmed, Bond(holds=True), CARD, 61.0)[1] == (Lower(Alarm.UNBONDED),)
    assert step(loose, Bond(holds=True), CARD, 11.0) == (magnet, ())


def test_a_magnet_that_was_released_need_not_hold() -> None:
    magnet = Door(fitted=Fitted(bond=True), bond=True)
    released, effects = step(magnet, Released("t1", "granted", 15.0), CARD, 10.0)
    assert effects == (Record(DoorReleased("t1", "granted")),)
    loose, _ = step(released, Bond(holds=False), CARD, 11.0)
    assert loose.unbonded_since is None
    over, _ = step(loose, Tick(), CARD, 16.0)
    assert over.unbonded_since == 16.0, "once it should hold again, it is watched"
    silent, _ = step(over, Bond(None), CARD, 17.0)
    assert silent.unbonded_since is None
