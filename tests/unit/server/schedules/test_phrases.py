"""What a few words say of a day is known from a table; everything else is refused with a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Content, NoSelfService, NotAfter, NotBefore, OtherHours
from meroppet.rules.intervals import Interval, Window
from server.schedules.phrases import phrase_in
from server.schedules.sentences import NotUnderstood

STAFFED, ALONE = BranchState.STAFFED, BranchState.SELF_SERVICE


def _hours(*pieces: tuple[float, float, BranchState]) -> tuple[Content, ...]:
    return (OtherHours(tuple(Interval(int(start * 60), int(end * 60), state) for start, end, state in pieces)),)


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("stängt", (Closed(),)),
        ("Stängt.", (Closed(),)),
        ("STÄNGT HELA DAGEN", (Closed(),)),
        ("closed", (Closed(),)),
        ("meröppet 8-20", _hours((8, 20, ALONE))),
        ("Meröppet kl. 08.00–20.00", _hours((8, 20, ALONE))),
        ("meröppet 8 till 20", _hours((8, 20, ALONE))),
        ("självservice 06:00 - 22:00", _hours((6, 22, ALONE))),
        ("endast meröppet 8-20", _hours((8, 20, ALONE))),
        ("10-14", _hours((10, 14, STAFFED))),
        ("10.30–14.15", _hours((10.5, 14.25, STAFFED))),
        ("öppet 10-14", _hours((10, 14, STAFFED))),
        ("bemannat 10-12 och bemannat 13-16", _hours((10, 12, STAFFED), (13, 16, STAFFED))),
        ("bemannat 10-14, meröppet 8-20", _hours((8, 20, ALONE), (10, 14, STAFFED))),
        ("meröppet 22-02", _hours((22, 26, ALONE))),
        ("meröppet 0-24", _hours((0, 24, ALONE))),
        ("ej meröppet", (NoSelfService(),)),
        ("stängt 12-13", (Closed(Window(720, 780)),)),
        ("öppnar 10", (NotBefore(600),)),
        ("öppet från 10.30", (NotBefore(630),)),
        ("stänger kl 15", (NotAfter(900),)),
    ],
)
def test_known_words(text: str, contents: tuple[Content, ...]) -> None:
    assert phrase_in(text).contents == contents


@pytest.mark.parametrize("text", ["endast meröppet", "Enbart meröppet", "bara meröppet.", "obemannat"])
def test_only_self_service_without_hours_is_the_usual_day_without_staff(text: str) -> None:
    assert phrase_in(text).only_alone
    assert phrase_in(text).contents == ()


@pytest.mark.parametrize("text", ["10-14", "öppet 10-14"])
def test_that_bare_hours_are_taken_for_staffed_ones_is_told(text: str) -> None:
    assert "with staff" in str(phrase_in(text).note)


def test_hours_that_say_who_is_there_need_no_note() -> None:
    assert phrase_in("bemannat 10-14").note is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stäng", "write one of"),
        ("", "write one of"),
        ("meröppet", "write one of"),
        ("kanske öppet", "write one of"),
        ("10-10", "begins and ends at the same time"),
        ("25-26", "no clock shows"),
        ("8-20.75", "no clock shows"),
        ("meröppet 8-10, 14-20", "who is there"),
        ("bemannat 10-14, bemannat 13-16", "overlap"),
        ("stängt 12-13, meröppet 8-20", "both open and closed"),
        ("=SUMMA(A1)", "write one of"),
        ("meröppet 8-20 <script>", "write one of"),
    ],
)
def test_what_is_not_known_is_refused_with_a_remedy(text: str, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says):
        phrase_in(text)


@given(st.text(max_size=60))
def test_whatever_is_written_is_understood_or_refused(text: str) -> None:
    try:
        found = phrase_in(text)
    except NotUnderstood:
        return
    assert found.contents or found.only_alone or found.note
