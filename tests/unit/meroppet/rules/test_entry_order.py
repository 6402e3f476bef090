"""What holds for an entry from every state and under every happening: it moves on, it tells alike, it shows no PIN."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.access import UNAVAILABLE, Answer
from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import Pin
from meroppet.rules.entry import (
    ANSWER_CAP,
    CANCEL,
    LEARNED,
    OK,
    AskingPin,
    Card,
    Count,
    Effect,
    Entry,
    Failed,
    Happening,
    Holding,
    Idle,
    Key,
    Record,
    Release,
    Settle,
    Showing,
    Tell,
    Tick,
    Verified,
    Verify,
    Verifying,
    due,
    step,
)
from meroppet.rules.events import AccessRefused
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import LOOKS_THE_SAME, Reason
from tests.unit.meroppet.rules.cases import CARD, FINE, OPEN, OTHER_CARD, PIN, RIGHT, STRICT

STATES: dict[str, Entry] = {
    "idle": Idle(),
    "asking": AskingPin("a", CARD, 100.0, 104.0, "12"),
    "verifying": Verifying("a", CARD, PIN, 100.0, 102.5),
    "recalling": Verifying("a", CARD, PIN, 100.0, 102.5, LEARNED),
    "holding": Holding(Reason.WRONG_PIN, 101.0),
    "showing": Showing(105.0),
}
LIKE_WRONG: list[Answer] = [
    replace(RIGHT, pin=PinAnswer.WRONG),
    replace(RIGHT, pin=PinAnswer.WRONG, facts=None),
    replace(RIGHT, pin=PinAnswer.UNKNOWN),
    replace(RIGHT, pin=PinAnswer.UNKNOWN, facts=None),
    replace(RIGHT, facts=None),
    replace(RIGHT, facts=replace(FINE, valid=False)),
    replace(RIGHT, pin=PinAnswer.WRONG, facts=replace(FINE, lost=True)),
]


def kinds(effects: tuple[Effect, ...]) -> list[str]:
    """The effects by name; those that carry a reason or an outcome with it."""
    return [_kind(effect) for effect in effects]


def _kind(effect: Effect) -> str:
    match effect:
        case Record(event):
            return str(event.detail().get("reason", event.kind))
        case Tell(reason):
            return f"tell {reason}"
        case Settle(_, outcome):
            return f"settle {outcome}"
        case _:
            return type(effect).__name__


@pytest.mark.parametrize(
    ("happening", "after"),
    [
        (Card(CARD, "b"), "AskingPin AskingPin Verifying Verifying Holding AskingPin"),
        (Card(OTHER_CARD, "b"), "AskingPin AskingPin Verifying Verifying Holding AskingPin"),
        (Card(None, "b"), "Showing Showing Verifying Verifying Holding Showing"),
        (Card(CARD, "b", Reason.PIN_LOCKED), "Showing AskingPin Verifying Verifying Holding Showing"),
        (Key("3"), "Idle AskingPin Verifying Verifying Holding Showing"),
        (Key(OK), "Idle Showing Verifying Verifying Holding Showing"),
        (Key(CANCEL), "Idle Showing Verifying Verifying Holding Showing"),
        (Key("x"), "Idle Showing Verifying Verifying Holding Showing"),
        (Verified("a", RIGHT), "Idle AskingPin Showing Verifying Holding Showing"),
        (Verified("a", RIGHT, LEARNED), "Idle AskingPin Verifying Verifying Holding Showing"),
        (Verified("b", RIGHT), "Idle AskingPin Verifying Verifying Holding Showing"),
        (Verified("a", UNAVAILABLE), "Idle AskingPin Holding Verifying Holding Showing"),
        (Failed(), "Showing Showing Showing Showing Showing Showing"),
        (Tick(), "Idle AskingPin Verifying Verifying Holding Showing"),
    ],
    ids=repr,
)
def test_where_every_happening_leads_from_every_state(happening: Happening, after: str) -> None:
    found = [type(step(entry, happening, OPEN, 100.5)[0]).__name__ for entry in STATES.values()]

    assert found == after.split()


@pytest.mark.parametrize(
    ("state", "happening", "effects"),
    [
        ("idle", Card(None, "b"), ["invalid_card", "tell invalid_card"]),
        ("asking", Card(None, "b"), ["interrupted", "invalid_card", "tell invalid_card"]),
        ("asking", Card(CARD, "b", Reason.DOOR_LOCKED_OUT), ["repeated_tap"]),
        (
            "asking",
            Card(OTHER_CARD, "b", Reason.DOOR_LOCKED_OUT),
            ["interrupted", "door_locked_out", "tell door_locked_out"],
        ),
        ("asking", Card(OTHER_CARD, "b", Reason.PIN_LOCKED), ["interrupted", "pin_locked", "tell pin_locked"]),
        ("verifying", Card(None, "b"), ["busy"]),
        ("holding", Card(OTHER_CARD, "b"), ["busy"]),
        ("asking", Key("3"), ["AskPin"]),
        ("asking", Key(OK), ["invalid_pin", "tell invalid_pin"]),
        ("asking", Failed(), ["tell out_of_order"]),
        ("holding", Failed(), ["tell out_of_order"]),
        ("verifying", Verified("a", UNAVAILABLE), ["settle undecided", "ils_unavailable"]),
        ("recalling", Verified("a", UNAVAILABLE, LEARNED), ["Verify"]),
        ("recalling", Verified("a", RIGHT, LEARNED), ["Verify"]),
        ("verifying", Verified("a", RIGHT), ["access.granted", "Release", "tell granted", "settle right"]),
        (
            "verifying",
            Verified("a", replace(RIGHT, contradiction=True)),
            ["settle undecided", "register_contradiction"],
        ),
        ("idle", Verified("a", RIGHT), []),
        ("showing", Key("1"), []),
        ("idle", Tick(), []),
    ],
)
def test_what_a_happening_brings_about(state: str, happening: Happening, effects: list[str]) -> None:
    assert kinds(step(STATES[state], happening, OPEN, 100.5)[1]) == effects


@pytest.mark.parametrize("answer", LIKE_WRONG)
@pytest.mark.parametrize(
    ("answered", "told"), [(100.0, 101.0), (101.0, 101.0), (101.001, 102.5), (102.3, 102.5), (102.5, 102.5)]
)
def test_a_patron_cannot_tell_an_unknown_card_from_a_wrong_pin(answer: Answer, answered: float, told: float) -> None:
    entry, effects = step(STATES["verifying"], Verified("a", answer), OPEN, answered)

    assert isinstance(entry, Holding)
    assert entry.at == told
    assert entry.reason in LOOKS_THE_SAME
    assert effects == (Settle("a", Outcome.WRONG), Record(AccessRefused("a", entry.reason), CARD))


def test_an_answer_after_the_deadline_admits_nobody() -> None:
    offline = replace(OPEN, policy=replace(STRICT, offline_pin=True))

    for site in (OPEN, offline):
        entry, effects = step(STATES["verifying"], Verified("a", RIGHT), site, 102.501)

        assert entry == Holding(Reason.ILS_UNAVAILABLE, 102.5)
        assert kinds(effects) == ["settle undecided", "ils_unavailable"]
    assert kinds(step(STATES["verifying"], Verified("a", RIGHT), OPEN, 102.5)[1])[0] == "access.granted"


def test_a_branch_that_closes_while_a_pin_is_checked_lets_nobody_in() -> None:
    closed = replace(OPEN, state=BranchState.CLOSED)

    entry, effects = step(STATES["verifying"], Verified("a", RIGHT), closed, 100.5)

    assert isinstance(entry, Holding)
    assert kinds(effects) == ["settle right", "closed"]


@pytest.mark.parametrize("length", [4, 5, 6])
def test_the_branch_says_how_long_a_pin_is(length: int) -> None:
    entry: Entry = AskingPin("a", CARD, 100.0, 100.0)
    site = replace(OPEN, policy=replace(STRICT, pin_length=length))

    for number in range(1, length + 1):
        assert isinstance(entry, AskingPin)
        assert len(entry.typed) == number - 1
        entry, _ = step(entry, Key("7"), site, 100.0 + number)

    assert entry == Verifying("a", CARD, Pin("7" * length), 100.0 + length, 100.0 + length + ANSWER_CAP)


def test_a_longer_pin_may_be_ended_by_hand_and_a_policy_may_go_while_it_is_typed() -> None:
    longer = replace(OPEN, policy=replace(STRICT, pin_length=6))
    typed = AskingPin("a", CARD, 100.0, 100.0, "7777")

    assert isinstance(step(typed, Key(OK), longer, 101.0)[0], Verifying)
    assert isinstance(step(replace(typed, typed="777"), Key("7"), replace(OPEN, policy=None), 101.0)[0], Verifying)


def test_each_key_gives_ten_more_seconds_and_all_of_them_have_thirty() -> None:
    entry, _ = step(AskingPin("a", CARD, 100.0, 100.0), Key("7"), OPEN, 129.0)

    assert due(entry) == 139.0
    assert isinstance(entry, AskingPin)
    assert due(replace(entry, last_key=109.0)) == 130.0


GATES = [None, None, None, Reason.PIN_LOCKED, Reason.DOOR_LOCKED_OUT]
_KEYS = st.sampled_from([*"0123456789", OK, CANCEL, "x", "", "٣", "12"]).map(Key)
_ANSWERS = st.sampled_from([RIGHT, UNAVAILABLE, *LIKE_WRONG, replace(RIGHT, facts=replace(FINE, lost=True))])
_HAPPENINGS = st.one_of(
    st.builds(Card, st.sampled_from([None, CARD, OTHER_CARD]), st.sampled_from("ab"), st.sampled_from(GATES)),
    _KEYS,
    st.builds(Verified, st.sampled_from("ab"), _ANSWERS),
    st.just(Failed()),
    st.just(Tick()),
)


@given(st.lists(st.tuples(_HAPPENINGS, st.floats(0, 12)), max_size=30), st.booleans())
def test_an_entry_always_leads_back_to_idle(happenings: list[tuple[Happening, float]], offline: bool) -> None:
    site = replace(OPEN, policy=replace(STRICT, offline_pin=offline))
    entry: Entry = Idle()
    now = 100.0
    for happening, later in happenings:
        now += later
        entry, _ = step(entry, happening, site, now)

    for _ in range(4):
        wanted = due(entry)
        if wanted is not None:
            now = max(now, wanted)
            entry, _ = step(entry, Tick(), site, now)

    assert entry == Idle()


@given(st.lists(st.tuples(_HAPPENINGS, st.floats(0, 3)), max_size=30))
def test_nothing_is_verified_uncounted_and_nothing_released_unrecorded(
    happenings: list[tuple[Happening, float]],
) -> None:
    entry: Entry = Idle()
    now = 100.0
    for happening, later in happenings:
        now += later
        entry, effects = step(entry, happening, OPEN, now)
        for before, effect in zip((None, *effects), effects, strict=False):
            if isinstance(effect, Verify):
                assert before == Count(effect.attempt, effect.card)
            if isinstance(effect, Release):
                assert isinstance(before, Record)
                assert before.event.detail() == {"attempt": effect.lease, "checked": "ils"}


@given(st.lists(_KEYS, max_size=8))
def test_a_pin_that_is_verified_was_typed_as_four_digits(keys: list[Key]) -> None:
    entry: Entry = AskingPin("a", CARD, 100.0, 100.0)
    sent: list[Verify] = []
    for key in keys:
        entry, effects = step(entry, key, OPEN, 101.0)
        sent += [effect for effect in effects if isinstance(effect, Verify)]

    typed = "".join(key.value for key in keys)
    assert [effect.pin.digits for effect in sent] == ([typed[:4]] if typed[:4].isdecimal() and len(sent) else [])
    assert len(sent) <= 1
    assert not sent or sent[0].pin.digits.isascii()


def test_no_state_no_happening_and_no_effect_shows_the_pin() -> None:
    entry: Entry = AskingPin("a", CARD, 100.0, 100.0)
    shown = []
    for digit in "8642":
        entry, effects = step(entry, Key(digit), OPEN, 101.0)
        shown += [repr(entry), repr(effects), repr(Key(digit))]

    assert isinstance(entry, Verifying)
    for secret in ("86", "864", "8642", "'8'", "'4'", CARD.value):
        assert secret not in "".join(shown)
