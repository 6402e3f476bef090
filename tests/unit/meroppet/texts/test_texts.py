"""Every reason has words for patrons and staff, in Swedish and English, and the words keep their secrets."""

import pytest

from meroppet.ils.ports import LoanReason, ReturnReason
from meroppet.rules.branch import BranchState
from meroppet.rules.events import KINDS
from meroppet.rules.reasons import LOOKS_THE_SAME, Reason
from meroppet.texts.patron import DoorLine, door_text, help_line, kiosk_text
from meroppet.texts.staff import kind_text, outcome_text, reason_text, state_text


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_told_in_words_without_its_code(reason: Reason, lang: str) -> None:
    for said in (door_text(reason, lang, opens="06.00"), kiosk_text(reason, lang)):
        assert said.title
        assert reason.value not in f"{said.title} {said.line}" or "_" not in reason.value


@pytest.mark.parametrize("reason", list(Reason))
def test_swedish_and_english_are_two_languages(reason: Reason) -> None:
    assert door_text(reason, "sv").title != door_text(reason, "en").title
    assert reason_text(reason, "sv") != reason_text(reason, "en")


def test_an_unknown_card_and_a_wrong_pin_are_told_alike() -> None:
    for tell in (door_text, kiosk_text):
        assert len({tell(reason, "sv") for reason in LOOKS_THE_SAME}) == 1


@pytest.mark.parametrize("line", list(DoorLine))
def test_a_door_has_words_for_every_state(line: DoorLine) -> None:
    assert door_text(line, "sv", dots="••").title


def test_a_closed_door_says_when_it_opens_only_if_it_knows() -> None:
    assert door_text(Reason.CLOSED, "sv", opens="i morgon 06.00").line == "Öppnar i morgon 06.00."
    assert door_text(Reason.CLOSED, "sv").line == ""


def test_a_language_we_lack_is_answered_in_swedish() -> None:
    assert door_text(Reason.CLOSED, "tlh") == door_text(Reason.CLOSED, "sv")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_event_kind_has_words_for_staff(kind: str) -> None:
    assert kind_text(kind, "sv") != kind


def test_a_reason_from_a_newer_device_still_has_words() -> None:
    assert "tomorrows_reason" in reason_text("tomorrows_reason", "sv")


def test_help_names_the_number() -> None:
    assert help_line("0587-810 00", "sv") == "Hjälp: 0587-810 00"


DONE = {LoanReason.LOANED, LoanReason.RENEWED, ReturnReason.RETURNED}


@pytest.mark.parametrize("outcome", sorted({*LoanReason, *ReturnReason} - DONE))
def test_every_way_a_loan_or_a_return_can_fail_has_words_for_staff(outcome: str) -> None:
    assert outcome not in outcome_text(outcome, "sv")
    assert outcome_text(outcome, "sv") != outcome_text(outcome, "en")


def test_an_outcome_from_a_newer_device_still_has_words() -> None:
    assert "tomorrows_outcome" in outcome_text("tomorrows_outcome", "sv")


@pytest.mark.parametrize("state", list(BranchState))
def test_staff_read_what_a_branch_has_become(state: BranchState) -> None:
    assert state_text(state, "sv") != state_text(state, "en")


def test_a_state_nobody_knows_is_not_named() -> None:
    assert state_text("tomorrows_state", "sv") == ""
