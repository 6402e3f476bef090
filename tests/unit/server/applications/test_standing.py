"""What a patron's own page says of a branch: every state, in the order in which it helps to know."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.policy import Permission
from meroppet.rules.terms import TermsStanding
from server.applications.standing import MAY_APPLY, Asked, State, standing
from server.organisations.service import BranchView

TODAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
NORA = BranchView("nora", "Nora", "west", "nora-kommun", "Europe/Stockholm", "", TODAY, "")
REQUIRED = Policy(minimum_age=18)
AUTOMATIC = Policy(minimum_age=18, permission=Permission.AUTOMATIC)
TERMS = Policy(minimum_age=18, terms_required=True)
INTRODUCED = Policy(minimum_age=18, introduction_required=True)
WAITING, REFUSED = Asked("waiting"), Asked("refused", "come_by")


@pytest.mark.parametrize(
    ("policy", "right", "asked", "state"),
    [
        (REQUIRED, None, Asked(), State.NONE),
        (REQUIRED, None, WAITING, State.WAITING),
        (REQUIRED, None, REFUSED, State.REFUSED),
        (REQUIRED, None, Asked("approved"), State.NONE),
        (REQUIRED, Right(permitted=True), Asked(), State.MAY),
        (REQUIRED, Right(permitted=True), REFUSED, State.MAY),
        (REQUIRED, Right(permitted=False), Asked(), State.NO),
        (REQUIRED, Right(permitted=True, valid_until=TODAY), Asked(), State.MAY),
        (REQUIRED, Right(permitted=True, valid_until=YESTERDAY), Asked(), State.ENDED),
        (REQUIRED, Right(permitted=True, suspended_until=TODAY), WAITING, State.SUSPENDED),
        (REQUIRED, Right(permitted=True, suspended_until=YESTERDAY), Asked(), State.MAY),
        (AUTOMATIC, None, Asked(), State.MAY),
        (AUTOMATIC, Right(permitted=False), Asked(), State.NO),
        (TERMS, Right(permitted=True), Asked(), State.TERMS),
        (TERMS, Right(permitted=True, terms=TermsStanding.ACCEPTED), Asked(), State.MAY),
        (TERMS, Right(permitted=True, terms=TermsStanding.PENDING, terms_until=TODAY), Asked(), State.MAY),
        (TERMS, Right(permitted=True, terms=TermsStanding.PENDING, terms_until=YESTERDAY), Asked(), State.TERMS),
        (AUTOMATIC, Right(permitted=None, terms=TermsStanding.WITHDRAWN), Asked(), State.TERMS),
        (INTRODUCED, Right(permitted=True), Asked(), State.INTRODUCTION),
        (INTRODUCED, Right(permitted=True, introduced=True), Asked(), State.MAY),
    ],
)
def test_each_state(policy: Policy, right: Right | None, asked: Asked, state: State) -> None:
    assert standing(NORA, policy, right, asked, TODAY).state is state


@pytest.mark.parametrize("policy", [REQUIRED, AUTOMATIC])
def test_whoever_ended_it_herself_may_ask_again(policy: Policy) -> None:
    found = standing(NORA, policy, Right(permitted=False), Asked(), TODAY, by_herself=True)

    assert found.state is State.NONE
    assert found.may_apply


@given(
    policy=st.sampled_from([REQUIRED, AUTOMATIC, TERMS, INTRODUCED]),
    permitted=st.sampled_from([None, True, False]),
    until=st.sampled_from([None, YESTERDAY, TODAY, TOMORROW]),
    asked=st.sampled_from([Asked(), WAITING, REFUSED]),
    by_herself=st.booleans(),
)
def test_whoever_is_suspended_can_do_nothing_about_it_here(
    policy: Policy, permitted: bool | None, until: date | None, asked: Asked, by_herself: bool
) -> None:
    right = Right(permitted=permitted, valid_until=until, suspended_until=TOMORROW)

    found = standing(NORA, policy, right, asked, TODAY, by_herself=by_herself)

    assert found.state is State.SUSPENDED
    assert found.state not in MAY_APPLY
