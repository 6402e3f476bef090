"""Where a patron stands with a text: by what she said last, by the versions that count, and within their grace."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.terms import (
    Act,
    Evidence,
    TermsStanding,
    Version,
    holds,
    standing,
    together,
)

ALWAYS = date(1900, 1, 1)
DAY = date(2026, 11, 23)
FIRST = Version(number=1, effective=date(2026, 1, 1))
ONE_DAY = timedelta(days=1)


def accepted(version: int, on: date = date(2026, 6, 1)) -> Evidence:
    return Evidence(act=Act.ACCEPTED, on=on, version=version)


def said(act: Act, version: int = 1) -> Evidence:
    return Evidence(act=act, on=DAY, version=version)


ASKED, DECLINED, WITHDRAWN = said(Act.ASKED), said(Act.DECLINED), said(Act.WITHDRAWN, 0)


@pytest.mark.parametrize(
    ("evidence", "versions", "expected", "opens"),
    [
        ([], [], TermsStanding.NOT_NEEDED, False),
        ([], [FIRST], TermsStanding.NOT_ASKED, False),
        ([ASKED], [FIRST], TermsStanding.PENDING, False),
        ([accepted(1)], [FIRST], TermsStanding.ACCEPTED, True),
        ([ASKED, accepted(1)], [FIRST], TermsStanding.ACCEPTED, True),
        ([accepted(1), DECLINED], [FIRST], TermsStanding.DECLINED, False),
        ([DECLINED, accepted(1)], [FIRST], TermsStanding.ACCEPTED, True),
        ([accepted(1), WITHDRAWN], [FIRST], TermsStanding.WITHDRAWN, False),
        ([accepted(1), WITHDRAWN, ASKED], [FIRST], TermsStanding.WITHDRAWN, False),
        ([accepted(1), WITHDRAWN, DECLINED], [FIRST], TermsStanding.WITHDRAWN, False),
        ([accepted(1), WITHDRAWN, accepted(1)], [FIRST], TermsStanding.ACCEPTED, True),
        ([WITHDRAWN], [], TermsStanding.WITHDRAWN, False),
        ([accepted(7)], [FIRST], TermsStanding.NOT_ASKED, False),
    ],
)
def test_what_she_said_last_counts(
    evidence: list[Evidence], versions: list[Version], expected: TermsStanding, opens: bool
) -> None:
    found, until = standing(evidence, versions, ALWAYS, DAY)

    assert (found, holds(found, until, DAY)) == (expected, opens)


@pytest.mark.parametrize(
    ("today", "expected", "opens"),
    [
        (date(2026, 12, 1), TermsStanding.ACCEPTED, True),
        (date(2026, 12, 31), TermsStanding.ACCEPTED, True),
        (date(2027, 1, 1), TermsStanding.PENDING, True),
        (date(2027, 1, 30), TermsStanding.PENDING, True),
        (date(2027, 1, 31), TermsStanding.PENDING, False),
    ],
)
def test_a_new_version_is_due_from_its_day_and_opens_no_door_after_its_grace(
    today: date, expected: TermsStanding, opens: bool
) -> None:
    second = Version(number=2, effective=date(2027, 1, 1), grace_days=30)

    found, until = standing([accepted(1)], [FIRST, second], ALWAYS, today)

    assert (found, until) == (expected, date(2027, 1, 30))
    assert holds(found, until, today) is opens


def test_without_grace_the_new_version_must_be_accepted_on_its_first_day() -> None:
    second = Version(number=2, effective=date(2027, 1, 1))

    found, until = standing([accepted(1)], [FIRST, second], ALWAYS, date(2026, 12, 31))

    assert (found, until) == (TermsStanding.ACCEPTED, date(2026, 12, 31))
    assert not holds(*standing([accepted(1)], [FIRST, second], ALWAYS, date(2027, 1, 1)), date(2027, 1, 1))
    assert standing([accepted(1), accepted(2)], [FIRST, second], ALWAYS, DAY) == (TermsStanding.ACCEPTED, None)


def test_a_corrected_misspelling_need_not_be_accepted_anew_but_may_be() -> None:
    corrected = Version(number=2, effective=date(2026, 10, 1), anew=False)

    assert standing([accepted(1)], [FIRST, corrected], ALWAYS, DAY) == (TermsStanding.ACCEPTED, None)
    assert standing([accepted(2)], [FIRST, corrected], ALWAYS, DAY) == (TermsStanding.ACCEPTED, None)


def test_the_first_version_must_be_accepted_whatever_it_says_of_earlier_ones() -> None:
    only = Version(number=1, effective=date(2026, 1, 1), anew=False)

    assert standing([], [only], ALWAYS, DAY)[0] is TermsStanding.NOT_ASKED


def test_a_no_to_a_version_to_come_keeps_the_one_in_force_until_the_day_before() -> None:
    second = Version(number=2, effective=date(2027, 1, 1), grace_days=30)

    found, until = standing([accepted(1), said(Act.DECLINED, 2)], [FIRST, second], ALWAYS, DAY)

    assert (found, until) == (TermsStanding.ACCEPTED, date(2026, 12, 31))
    later = standing([accepted(1), said(Act.DECLINED, 2)], [FIRST, second], ALWAYS, date(2027, 1, 1))
    assert later == (TermsStanding.DECLINED, None)


def test_when_a_municipality_joins_everybody_accepts_anew_there_within_the_grace() -> None:
    version = Version(number=1, effective=date(2026, 1, 1), grace_days=10)
    joined = date(2026, 11, 20)

    assert standing([accepted(1)], [version], joined, joined) == (TermsStanding.NOT_ASKED, date(2026, 11, 29))
    assert holds(*standing([accepted(1)], [version], joined, date(2026, 11, 29)), date(2026, 11, 29))
    assert not holds(*standing([accepted(1)], [version], joined, date(2026, 11, 30)), date(2026, 11, 30))
    assert standing([accepted(1, joined)], [version], joined, DAY) == (TermsStanding.ACCEPTED, None)


def test_the_worst_of_several_texts_counts_and_the_first_of_their_days() -> None:
    soon, late = date(2027, 1, 1), date(2027, 6, 1)
    yes, due = (TermsStanding.ACCEPTED, late), (TermsStanding.PENDING, soon)

    assert together([]) == (TermsStanding.NOT_NEEDED, None)
    assert together([yes, due]) == (TermsStanding.PENDING, soon)
    assert together([(TermsStanding.ACCEPTED, None), yes]) == yes
    assert together([yes, (TermsStanding.WITHDRAWN, None)]) == (TermsStanding.WITHDRAWN, None)
    assert together([due, (TermsStanding.DECLINED, None)]) == (TermsStanding.DECLINED, None)


def test_a_version_that_makes_no_sense_is_refused() -> None:
    for number, grace in ((0, 0), (1, -1), (1, 366)):
        with pytest.raises(ValueError, match="days"):
            Version(number=number, effective=DAY, grace_days=grace)


days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@st.composite
def versions_of_a_text(draw: st.DrawFn) -> list[Version]:
    effective = sorted(draw(st.lists(days, max_size=4)))
    return [
        Version(number=at, effective=day, grace_days=draw(st.integers(0, 60)), anew=draw(st.booleans()))
        for at, day in enumerate(effective, start=1)
    ]


spoken = st.lists(
    st.builds(Evidence, act=st.sampled_from(Act), on=days, version=st.integers(0, 5)),
    max_size=8,
)


@given(before=spoken, after=spoken, versions=versions_of_a_text(), since=days, today=days)
def test_nothing_said_after_a_withdrawal_opens_a_door_but_a_new_acceptance(
    before: list[Evidence], after: list[Evidence], versions: list[Version], since: date, today: date
) -> None:
    later = [one for one in after if one.act is not Act.ACCEPTED]

    found, until = standing([*before, WITHDRAWN, *later], versions, since, today)

    assert found is TermsStanding.WITHDRAWN
    assert not holds(found, until, today)


@given(evidence=spoken, versions=versions_of_a_text(), since=days, today=days)
def test_accepted_means_that_a_published_version_was_accepted_since_the_place_came_under_the_text(
    evidence: list[Evidence], versions: list[Version], since: date, today: date
) -> None:
    found, _ = standing(evidence, versions, since, today)

    if found is TermsStanding.ACCEPTED:
        numbers = {version.number for version in versions}
        assert any(one.act is Act.ACCEPTED and one.version in numbers and one.on >= since for one in evidence)


@given(evidence=spoken, versions=versions_of_a_text(), since=days, today=days)
def test_the_last_day_is_told_beforehand(
    evidence: list[Evidence], versions: list[Version], since: date, today: date
) -> None:
    found, until = standing(evidence, versions, since, today)
    open_today = holds(found, until, today)

    tomorrow = today + ONE_DAY
    if not open_today or not holds(found, until, tomorrow):
        # A door that is told nothing more shuts on the same day as the rule does.
        assert not holds(*standing(evidence, versions, since, tomorrow), tomorrow)
    else:
        assert holds(*standing(evidence, versions, since, tomorrow), tomorrow)


@given(evidence=spoken, versions=versions_of_a_text(), since=days, today=days, grace=st.integers(0, 60))
def test_another_version_lets_nobody_in_who_was_out(
    evidence: list[Evidence], versions: list[Version], since: date, today: date, grace: int
) -> None:
    if not versions:
        return
    number = versions[-1].number + 1
    more = [*versions, Version(number=number, effective=max(versions[-1].effective, today), grace_days=grace)]
    known = [one for one in evidence if one.version < number]

    was_open = holds(*standing(known, versions, since, today), today)

    assert was_open or not holds(*standing(known, more, since, today), today)
