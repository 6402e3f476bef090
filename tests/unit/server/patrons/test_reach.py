"""What everything known of a patron comes to at one branch."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from meroppet.rules.eligibility import Right
from meroppet.rules.terms import TermsStanding
from server.patrons.reach import Agreed, Known, Reach, RightView, SuspensionView, effective

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def given(reach: Reach, right: Right, *, minutes: int = 0) -> RightView:
    return RightView(reach, "place", right, "vasteras", "staff", NOON + timedelta(minutes=minutes))


def permitted(reach: Reach, *, yes: bool | None = True, minutes: int = 0) -> RightView:
    return given(reach, Right(permitted=yes), minutes=minutes)


def suspended(first: date, last: date, reach: Reach = Reach.BRANCH) -> SuspensionView:
    return SuspensionView("s", reach, "place", "other", first, last, "handed", "vasteras", "staff", NOON)


def come_to(*rights: RightView, suspensions: tuple[SuspensionView, ...] = (), agreed: Agreed | None = None) -> object:
    return effective(Known(rights, suspensions, agreed or Agreed()), TODAY)


def test_without_anything_known_there_is_no_right() -> None:
    assert effective(Known(), TODAY) is None


def test_the_nearest_right_decides() -> None:
    far, near = permitted(Reach.CONSORTIUM, minutes=5), permitted(Reach.BRANCH, yes=False)

    assert come_to(far, near) == Right(permitted=False)


def test_of_equally_near_rights_the_newest_decides() -> None:
    old, new = permitted(Reach.CONSORTIUM, yes=False), permitted(Reach.CONSORTIUM, minutes=5)

    assert come_to(new, old) == Right(permitted=True)


def test_who_was_only_introduced_nearby_has_the_permission_given_further_away() -> None:
    far = given(Reach.MUNICIPALITY, Right(permitted=True, valid_until=TODAY))
    near = given(Reach.BRANCH, Right(permitted=None, introduced=True))

    assert come_to(far, near) == Right(permitted=True, valid_until=TODAY, introduced=True)


def test_an_introduction_and_a_consent_count_wherever_they_were_seen() -> None:
    rights = [
        given(Reach.CONSORTIUM, Right(permitted=None, guardian_consent=True)),
        given(Reach.MUNICIPALITY, Right(permitted=None, introduced=True)),
        permitted(Reach.BRANCH),
    ]

    assert come_to(*rights) == Right(permitted=True, introduced=True, guardian_consent=True)


def test_of_whom_staff_said_nothing_the_agreement_is_told() -> None:
    agreed = Agreed(TermsStanding.ACCEPTED, TODAY, guest_approved=True, said=True)

    assert come_to(agreed=agreed) == Right(
        permitted=None, terms=TermsStanding.ACCEPTED, terms_until=TODAY, guest_approved=True
    )


@pytest.mark.parametrize("standing", [TermsStanding.NOT_ASKED, TermsStanding.NOT_NEEDED, TermsStanding.PENDING])
def test_who_said_nothing_is_not_told_of(standing: TermsStanding) -> None:
    assert come_to(agreed=Agreed(standing)) is None


@pytest.mark.parametrize(
    ("first", "last", "until"),
    [
        (TODAY, TODAY, TODAY),
        (TODAY - DAY, TODAY + DAY, TODAY + DAY),
        (TODAY - 9 * DAY, TODAY - DAY, None),
        (TODAY + DAY, TODAY + 9 * DAY, None),
    ],
)
def test_a_suspension_holds_from_its_first_to_its_last_day(first: date, last: date, until: date | None) -> None:
    assert come_to(permitted(Reach.BRANCH), suspensions=(suspended(first, last),)) == Right(
        permitted=True, suspended_until=until
    )


def test_of_several_suspensions_the_last_day_holds_wherever_it_was_decided() -> None:
    near, far = suspended(TODAY, TODAY + DAY), suspended(TODAY, TODAY + 8 * DAY, Reach.CONSORTIUM)

    assert come_to(permitted(Reach.BRANCH), suspensions=(near, far)) == Right(
        permitted=True, suspended_until=TODAY + 8 * DAY
    )


def test_a_lifted_suspension_holds_no_more() -> None:
    lifted = replace(suspended(TODAY, TODAY + DAY), lifted_at=NOON, lifted_by="chief")

    assert come_to(permitted(Reach.BRANCH), suspensions=(lifted,)) == Right(permitted=True)


def test_a_suspension_leaves_the_permission_as_it_is() -> None:
    kept_out = suspended(TODAY, TODAY + DAY)

    assert come_to(suspensions=(kept_out,)) == Right(permitted=None, suspended_until=TODAY + DAY)


_VIEWS = st.lists(st.builds(permitted, st.sampled_from(Reach), yes=st.sampled_from([True, False, None])), max_size=4)
_DAYS = st.dates(TODAY - 5 * DAY, TODAY + 5 * DAY)


@for_all(_VIEWS, st.lists(st.builds(suspended, _DAYS, _DAYS, st.sampled_from(Reach)), max_size=4), _DAYS)
def test_another_suspension_never_shortens_what_there_is(
    rights: list[RightView], before: list[SuspensionView], last: date
) -> None:
    one = effective(Known(tuple(rights), tuple(before)), TODAY)
    more = effective(Known(tuple(rights), (*before, suspended(TODAY, last))), TODAY)

    until = one.suspended_until if one else None
    after = more.suspended_until if more else None
    assert until is None or (after is not None and after >= until)
