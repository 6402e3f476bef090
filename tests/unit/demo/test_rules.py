"""Real libraries' rules: for each, somebody who comes in and somebody who does not, and why."""

from dataclasses import replace
from datetime import date

import pytest

from demo import rules
from demo.rules import ELSEWHERE
from meroppet.rules.eligibility import PatronFacts, Right, may_enter
from meroppet.rules.policy import Companions, Policy
from meroppet.rules.reasons import Reason
from meroppet.rules.terms import TermsStanding

TODAY = date(2026, 3, 1)
ADULT = PatronFacts(valid=True, birth_date=date(1980, 5, 1), category="VUXEN", fees_minor=0, home="NOR")
SIGNED = Right(permitted=True, terms=TermsStanding.ACCEPTED)
SHOWN_ROUND = replace(SIGNED, introduced=True)
BORN = {age: date(2026 - age, 3, 1) for age in (12, 13, 14, 15, 16, 17, 18)}
"""Whose birthday it is."""
EVE = {age: date(2026 - age, 3, 2) for age in (14, 15, 16, 18)}
"""Whose birthday it is tomorrow."""
NOBODY_SAID = Right(permitted=None)

Changes = dict[str, object]
DEMO: list[tuple[str, Policy, Changes, Right | None, Reason]] = [
    ("Skiljebo", rules.SKILJEBO, {}, SHOWN_ROUND, Reason.GRANTED),
    ("Skiljebo", rules.SKILJEBO, {}, SIGNED, Reason.INTRODUCTION_MISSING),
    ("Skiljebo", rules.SKILJEBO, {}, Right(permitted=True, introduced=True), Reason.TERMS_MISSING),
    ("Skiljebo", rules.SKILJEBO, {"birth_date": EVE[18]}, SHOWN_ROUND, Reason.UNDERAGE),
    ("Skiljebo", rules.SKILJEBO, {"birth_date": BORN[18]}, SHOWN_ROUND, Reason.GRANTED),
    ("Skinnskatteberg", rules.SKINNSKATTEBERG, {}, SIGNED, Reason.GRANTED),
    ("Skinnskatteberg", rules.SKINNSKATTEBERG, {}, None, Reason.NO_PERMISSION),
    ("Skinnskatteberg", rules.SKINNSKATTEBERG, {"blocked_from_borrowing": True}, SIGNED, Reason.BORROWING_BLOCKED),
    ("Nora", rules.NORA, {"birth_date": BORN[18]}, SIGNED, Reason.GRANTED),
    ("Nora", rules.NORA, {"birth_date": EVE[18]}, replace(SIGNED, guardian_consent=True), Reason.UNDERAGE),
    ("Nora", rules.NORA, {"fees_minor": 900_00}, SIGNED, Reason.GRANTED),
    ("Nora", rules.NORA, {"category": "INST"}, SIGNED, Reason.CATEGORY),
    ("Lindesberg", rules.LINDESBERG, {"birth_date": BORN[16]}, SIGNED, Reason.GUARDIAN_MISSING),
    ("Lindesberg", rules.LINDESBERG, {"birth_date": BORN[16]}, replace(SIGNED, guardian_consent=True), Reason.GRANTED),
    ("Lindesberg", rules.LINDESBERG, {"birth_date": BORN[18]}, SIGNED, Reason.GRANTED),
    ("Lindesberg", rules.LINDESBERG, {"birth_date": EVE[16]}, replace(SIGNED, guardian_consent=True), Reason.UNDERAGE),
    ("Älvdalen", rules.ALVDALEN, {"home": "ALV"}, Right(permitted=True), Reason.GRANTED),
    ("Älvdalen", rules.ALVDALEN, {"home": "MOR"}, SHOWN_ROUND, Reason.GUESTS_REFUSED),
    ("Älvdalen", rules.ALVDALEN, {"home": None}, SHOWN_ROUND, Reason.FACTS_INCOMPLETE),
    ("Teg", rules.TEG, {"home": "TEG"}, Right(permitted=True), Reason.GRANTED),
    ("Teg", rules.TEG, {"home": "VNS"}, SIGNED, Reason.GUEST_NOT_APPROVED),
    ("Teg", rules.TEG, {"home": "VNS"}, replace(SIGNED, guest_approved=True), Reason.GRANTED),
    ("Teg", rules.TEG, {"home": "TEG", "fees_minor": 100_01}, SIGNED, Reason.FEES),
    ("Teg", rules.TEG, {"home": "TEG", "fees_minor": 100_00}, SIGNED, Reason.GRANTED),
]
AWAY: list[tuple[str, Changes, Right | None, Reason]] = [
    ("Göteborg", {"birth_date": BORN[18]}, Right(permitted=True), Reason.GRANTED),
    ("Göteborg", {"birth_date": EVE[18]}, Right(permitted=True), Reason.UNDERAGE),
    ("Karlskrona", {"home": "KARLSKRONA"}, Right(permitted=True), Reason.GRANTED),
    ("Karlskrona", {"home": "LYCKEBY"}, Right(permitted=True), Reason.GUESTS_REFUSED),
    ("Järfälla", {}, Right(permitted=True), Reason.GRANTED),
    ("Järfälla", {}, None, Reason.NO_PERMISSION),
    ("Varberg", {}, Right(permitted=True), Reason.GRANTED),
    ("Varberg", {"lost": True}, Right(permitted=True), Reason.CARD_LOST),
    ("Örebro", {}, SIGNED, Reason.GRANTED),
    ("Örebro", {}, replace(SIGNED, terms=TermsStanding.WITHDRAWN), Reason.TERMS_WITHDRAWN),
    ("Oslo", {"birth_date": BORN[15]}, replace(SIGNED, permitted=None), Reason.GRANTED),
    ("Oslo", {"birth_date": BORN[15]}, NOBODY_SAID, Reason.TERMS_MISSING),
    ("Oslo", {"birth_date": EVE[15]}, replace(SIGNED, permitted=None), Reason.UNDERAGE),
    ("Stavanger", {"birth_date": BORN[16]}, None, Reason.GRANTED),
    ("Stavanger", {"birth_date": EVE[16]}, None, Reason.UNDERAGE),
    ("Stavanger", {}, Right(permitted=False), Reason.NO_PERMISSION),
    ("Moss", {"birth_date": BORN[15]}, SHOWN_ROUND, Reason.GRANTED),
    ("Moss", {"birth_date": BORN[15]}, SIGNED, Reason.INTRODUCTION_MISSING),
    ("Helsinki", {"birth_date": BORN[15]}, SIGNED, Reason.GRANTED),
    ("Helsinki", {"birth_date": EVE[15]}, SIGNED, Reason.GUARDIAN_MISSING),
    ("Helsinki", {"birth_date": BORN[12]}, replace(SIGNED, guardian_consent=True), Reason.GRANTED),
    ("Vejle", {"birth_date": BORN[14]}, Right(permitted=True), Reason.GRANTED),
    ("Vejle", {"birth_date": EVE[14]}, Right(permitted=True), Reason.GUARDIAN_MISSING),
    ("Riihimäki", {"birth_date": BORN[12], "fees_minor": 500_00}, None, Reason.GRANTED),
    ("Riihimäki", {"debarred": True}, None, Reason.ILS_BLOCK),
    ("Solothurn", {"fees_minor": 0}, Right(permitted=True), Reason.GRANTED),
    ("Solothurn", {"fees_minor": 1}, Right(permitted=True), Reason.FEES),
    ("Eno", {}, Right(permitted=True), Reason.GRANTED),
    ("Eno", {"blocked_from_borrowing": True}, Right(permitted=True), Reason.BORROWING_BLOCKED),
]


@pytest.mark.parametrize(("place", "policy", "facts", "right", "reason"), DEMO)
def test_the_demos_libraries_let_in_whom_they_say(
    place: str, policy: Policy, facts: Changes, right: Right | None, reason: Reason
) -> None:
    assert may_enter(replace(ADULT, **facts), right, policy, TODAY) is reason, place  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "facts", "right", "reason"), AWAY)
def test_other_libraries_rules_can_be_said_too(place: str, facts: Changes, right: Right | None, reason: Reason) -> None:
    (policy,) = (known.policy for known in ELSEWHERE if known.place == place)

    assert may_enter(replace(ADULT, **facts), right, policy, TODAY) is reason  # type: ignore[arg-type]


def test_every_library_has_somebody_let_in_and_somebody_refused() -> None:
    told = [(place, reason) for place, _, _, _, reason in DEMO] + [(place, reason) for place, _, _, reason in AWAY]
    places = {place for place, _ in told}

    assert {known.place for known in ELSEWHERE} < places
    assert len(places) == 6 + len(ELSEWHERE)
    for place in places:
        assert (place, Reason.GRANTED) in told
        assert any(here == place and reason is not Reason.GRANTED for here, reason in told)


def test_whom_one_may_take_along_is_said_as_published() -> None:
    said = {known.place: known.policy.companions for known in ELSEWHERE}

    assert (rules.NORA.companions, rules.TEG.companions, rules.LINDESBERG.companions) == (
        Companions.OWN_CHILDREN,
        Companions.FAMILY,
        Companions.ANYONE,
    )
    assert said["Järfälla"] is Companions.FAMILY
    assert said["Varberg"] is Companions.ANYONE
