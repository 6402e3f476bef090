"""Any patron, right, policy, door and answer, and every way to ask more of somebody: what properties are tried on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from meroppet.rules.access import Answer, Site
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import PatronFacts, Right
from meroppet.rules.pin import PinAnswer
from meroppet.rules.policy import Block, Guests, Permission, Policy, WeakPins
from meroppet.rules.terms import TermsStanding
from tests.unit.meroppet.rules.cases import NOW, TODAY

PLACES = ["NORA", "TEG", "STÅ"]
CATEGORIES = ["ADULT", "CHILD", "STAFF"]
LISTS = st.frozensets(st.sampled_from(["a1", "b2"]), max_size=2)
NEAR = st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3))
BORN = st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)) | st.dates(date(2006, 1, 1), date(2012, 1, 1))
BORN_FOR = BORN | st.just(date(1980, 5, 1))
FACTS = st.builds(
    PatronFacts,
    valid=st.sampled_from([True, True, True, False]),
    birth_date=BORN_FOR,
    category=st.none() | st.sampled_from(CATEGORIES),
    expires=NEAR,
    lost=st.booleans(),
    debarred=st.booleans(),
    blocked_from_borrowing=st.booleans(),
    fees_minor=st.none() | st.integers(-100, 300),
    home=st.none() | st.sampled_from(PLACES),
)
RIGHTS = st.builds(
    Right,
    permitted=st.none() | st.booleans(),
    valid_until=NEAR,
    suspended_until=NEAR,
    terms=st.sampled_from(TermsStanding),
    terms_until=NEAR,
    introduced=st.booleans(),
    guardian_consent=st.booleans(),
    guest_approved=st.booleans(),
    facts_ok_until=NEAR,
)
POLICIES = st.builds(
    Policy,
    minimum_age=st.sampled_from([0, 0, 15, 16, 18]),
    guardian_below=st.none() | st.sampled_from([16, 18, 120]),
    permission=st.sampled_from(Permission),
    categories=st.none() | st.frozensets(st.sampled_from(CATEGORIES)),
    blocks=st.frozensets(st.sampled_from(Block), max_size=3),
    fees_limit_minor=st.integers(0, 200),
    terms_required=st.booleans(),
    introduction_required=st.booleans(),
    homes=st.none() | st.frozensets(st.sampled_from(PLACES)),
    guests=st.sampled_from(Guests),
    maximum_inside=st.none() | st.integers(1, 4),
    weak_pins=st.sampled_from(WeakPins),
)
SITES = st.builds(
    Site,
    now=st.just(NOW),
    today=st.just(TODAY),
    clock=st.sampled_from([ClockTrust.NTP, ClockTrust.NTP, ClockTrust.NONE]),
    state=st.sampled_from([*BranchState, BranchState.SELF_SERVICE, BranchState.SELF_SERVICE]),
    policy=st.none() | POLICIES | POLICIES | POLICIES,
    listed_only=st.booleans(),
    pause=st.none() | st.builds(Pause, st.sampled_from(PauseKind), st.just(NOW)),
    staff=LISTS,
    invited=LISTS,
    members=LISTS,
    inside=st.none() | st.integers(0, 4),
)
ANSWERS = st.builds(
    Answer,
    pin=st.sampled_from([*PinAnswer, PinAnswer.RIGHT, PinAnswer.RIGHT, PinAnswer.RIGHT]),
    facts=st.none() | FACTS | FACTS | FACTS,
    as_of=st.none() | st.sampled_from([NOW, NOW, NOW - timedelta(days=30), NOW + timedelta(days=30)]),
    right=st.none() | RIGHTS,
    subjects=LISTS,
    contradiction=st.sampled_from([False, False, True]),
    weak=st.booleans(),
)

MORE_ASKED: dict[str, Callable[[Policy], Policy]] = {
    "older": lambda p: replace(p, minimum_age=p.minimum_age + 1),
    "guardian": lambda p: replace(p, guardian_below=min((p.guardian_below or 0) + 1, 120)),
    "permission": lambda p: replace(p, permission=Permission.REQUIRED),
    "categories": lambda p: replace(p, categories=(p.categories or frozenset({"ADULT"})) - {"CHILD"}),
    "blocks": lambda p: replace(p, blocks=p.blocks | {Block.BORROWING, Block.EXPIRED}),
    "debts": lambda p: replace(p, blocks=p.blocks | {Block.FEES}, fees_limit_minor=p.fees_limit_minor // 2),
    "terms": lambda p: replace(p, terms_required=True),
    "introduction": lambda p: replace(p, introduction_required=True),
    "guests": lambda p: (
        replace(p, guests=Guests.REFUSED if p.guests is Guests.APPROVED else Guests.APPROVED)
        if p.guests is not Guests.REFUSED
        else p
    ),
    "homes": lambda p: replace(p, homes=(p.homes or frozenset()) - {"NORA"}),
    "room": lambda p: replace(p, maximum_inside=max((p.maximum_inside or 4) - 1, 1)),
    "pins": lambda p: replace(p, weak_pins=WeakPins.REFUSE),
    "fresher": lambda p: replace(p, facts_ttl_hours=1),
}
"""A policy that asks one thing more."""

MORE_AGAINST: dict[str, Callable[[PatronFacts, Right], tuple[PatronFacts, Right]]] = {
    "lost": lambda f, r: (replace(f, lost=True), r),
    "debarred": lambda f, r: (replace(f, debarred=True), r),
    "borrowing": lambda f, r: (replace(f, blocked_from_borrowing=True), r),
    "expired": lambda f, r: (replace(f, expires=date(2020, 1, 1)), r),
    "no birth date": lambda f, r: (replace(f, birth_date=None), r),
    "born tomorrow": lambda f, r: (replace(f, birth_date=TODAY + timedelta(days=1)), r),
    "no category": lambda f, r: (replace(f, category=None), r),
    "no fees": lambda f, r: (replace(f, fees_minor=None), r),
    "no home": lambda f, r: (replace(f, home=None), r),
    "not valid": lambda f, r: (replace(f, valid=False), r),
    "suspended": lambda f, r: (f, replace(r, suspended_until=TODAY)),
    "taken away": lambda f, r: (f, replace(r, permitted=False)),
    "run out": lambda f, r: (f, replace(r, valid_until=date(2020, 1, 1))),
    "withdrawn": lambda f, r: (f, replace(r, terms=TermsStanding.WITHDRAWN)),
    "not introduced": lambda f, r: (f, replace(r, introduced=False)),
    "no consent": lambda f, r: (f, replace(r, guardian_consent=False)),
    "not approved": lambda f, r: (f, replace(r, guest_approved=False)),
}
"""The same person with one thing more against her, or one thing less known."""
