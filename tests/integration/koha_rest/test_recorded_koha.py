"""The client against the recorded Koha 19.05: what it says of each patron, and the traps it has laid."""

from datetime import date, timedelta

import pytest

from meroppet.ils.koha_rest import EntryAttribute
from meroppet.ils.ports import (
    AccountReason,
    Can,
    HoldReason,
    ItemReason,
    LoanReason,
    PatronAnswer,
    PatronReason,
    PaymentReason,
    ReturnReason,
    UnavailableCause,
)
from meroppet.rules.eligibility import Block, PatronFacts, Permission, Policy, may_borrow, may_enter
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from tests.fakes.clocks import ManualClock
from tests.integration.koha_rest.conftest import Connect
from tests.integration.koha_rest.replay import PATRONS, Asked, RecordedKoha, Said, Server, said, served

TODAY = date(2026, 11, 21)
OPEN = Policy(minimum_age=0, permission=Permission.AUTOMATIC)
ADULTS = Policy(minimum_age=18, permission=Permission.AUTOMATIC)
DEBTS = Policy(minimum_age=0, permission=Permission.AUTOMATIC, blocks=frozenset({Block.FEES}), fees_limit_minor=10000)


async def facts_of(connect: Connect, server: Server, card: str) -> PatronFacts:
    answer = await connect(server).patron(card, None)
    assert answer.facts is not None
    return answer.facts


async def test_a_patron_in_good_standing(connect: Connect, old: Server) -> None:
    answer = await connect(old).patron("2000000001", None)

    assert (answer.reason, answer.pin, answer.patron_id) == (PatronReason.KNOWN, PinAnswer.UNKNOWN, "2000000001")
    assert answer.name == "Åsa Öberg"
    assert answer.facts == PatronFacts(
        valid=True,
        birth_date=date(1980, 1, 1),
        category="VUXEN",
        expires=date(2027, 12, 26),
        fees_minor=0,
        home="VASTERAS",
    )


@pytest.mark.parametrize(
    ("card", "enters", "borrows"),
    [
        ("2000000001", Reason.GRANTED, Reason.GRANTED),
        ("2000000002", Reason.CARD_EXPIRED, Reason.CARD_EXPIRED),
        ("2000000022", Reason.ILS_BLOCK, Reason.BORROWING_BLOCKED),
        ("2000000006", Reason.CARD_LOST, Reason.CARD_LOST),
        ("2000000007", Reason.ILS_BLOCK, Reason.BORROWING_BLOCKED),
        ("2000000017", Reason.GRANTED, Reason.GRANTED),
        ("2000000009", Reason.GRANTED, Reason.GRANTED),
        ("2000000018", Reason.GRANTED, Reason.GRANTED),
    ],
)
async def test_who_is_kept_out(connect: Connect, old: Server, card: str, enters: Reason, borrows: Reason) -> None:
    facts = await facts_of(connect, old, card)

    assert may_enter(facts, None, OPEN, TODAY) is enters
    assert may_borrow(facts, TODAY) is borrows


async def test_a_child_is_known_by_the_birth_date(connect: Connect, old: Server) -> None:
    facts = await facts_of(connect, old, "2000000005")

    assert facts.category == "BARN"
    assert may_enter(facts, None, ADULTS, TODAY) is Reason.UNDERAGE


async def test_without_a_birth_date_an_age_limit_keeps_out(connect: Connect, old: Server) -> None:
    facts = await facts_of(connect, old, "2000000009")

    assert may_enter(facts, None, ADULTS, TODAY) is Reason.FACTS_INCOMPLETE


async def test_a_debt_is_read_to_the_ore(connect: Connect, old: Server) -> None:
    assert (await facts_of(connect, old, "2000000014")).fees_minor == 4550


async def test_where_koha_fails_on_the_account_the_debt_is_unknown_and_nothing_else(
    connect: Connect, old: Server
) -> None:
    facts = await facts_of(connect, old, "2000000004")

    assert facts.fees_minor is None
    assert may_enter(facts, None, DEBTS, TODAY) is Reason.FACTS_INCOMPLETE
    assert may_enter(facts, None, OPEN, TODAY) is Reason.GRANTED


async def test_an_unknown_card_is_no_such_card(connect: Connect, old: Server) -> None:
    answer = await connect(old).patron("200000000", None)

    assert (answer.reason, answer.facts) == (PatronReason.NO_SUCH_CARD, None)


class ContainsAnything(RecordedKoha):
    """A Koha that searches for numbers that contain the one asked for, whatever `_match` says."""

    def patrons(self, request: Asked) -> Said:
        return said(200, PATRONS)


async def test_others_whose_number_contains_the_card_are_never_taken_for_its_holder(connect: Connect) -> None:
    with served(ContainsAnything()) as server:
        ils = connect(server)

        assert (await ils.patron("2000000001", None)).patron_id == "2000000001"
        answer = await ils.patron("20000000", None)

    assert answer.reason is PatronReason.UNAVAILABLE
    assert answer.cause is UnavailableCause.WRONG_PATRON


async def test_every_lookup_asks_for_the_exact_number(connect: Connect, old: Server) -> None:
    await connect(old).patron("2000000001", None)

    lookups = [dict(one.query) for one in old.koha.asked if one.path == "/api/v1/patrons" and one.method == "GET"]
    assert all(query.get("_match") == "exact" for query in lookups if "cardnumber" in query)


async def test_loans_of_patrons_whose_number_contains_hers_are_not_counted(connect: Connect, old: Server) -> None:
    answer = await connect(old).patron("2000000001", None)

    # ?patron_id=1 was answered with the loans of patrons 1 and 10.
    assert (answer.loans, answer.loans_overdue) == (1, 0)


async def test_overdue_loans_are_counted(connect: Connect, old: Server) -> None:
    answer = await connect(old).patron("2000000009", None)

    assert (answer.loans, answer.loans_overdue) == (1, 1)


async def test_without_sip2_no_pin_is_ever_sent_to_a_koha_that_cannot_check_it(connect: Connect, old: Server) -> None:
    answer = await connect(old).patron("2000000001", "1234")

    assert answer.pin is PinAnswer.UNKNOWN
    assert all(b"1234" not in one.body for one in old.koha.asked)


async def test_a_locked_patrons_pin_is_wrong_without_being_asked(connect: Connect, old: Server) -> None:
    known = connect(old, wrong_pins_until_locked=3)
    unknown = connect(old)

    assert (await known.patron("2000000008", "1234")).pin is PinAnswer.WRONG
    assert (await unknown.patron("2000000008", "1234")).pin is PinAnswer.UNKNOWN


@pytest.mark.parametrize("pin", ["", " ", "\t"])
async def test_an_empty_pin_is_never_asked_about(connect: Connect, old: Server, pin: str) -> None:
    answer = await connect(old).patron("2000000001", pin)

    assert answer.reason in (PatronReason.NO_PIN, PatronReason.BAD_INPUT)
    assert old.koha.asked == []


@pytest.mark.parametrize("card", ["", "1" * 65, "20\n00", "20\x0000", "\ud800"])
async def test_what_is_no_card_is_never_asked_about(connect: Connect, old: Server, card: str) -> None:
    assert (await connect(old).patron(card, None)).reason is PatronReason.BAD_INPUT
    assert old.koha.asked == []


@pytest.mark.parametrize("card", ["2000000001&_match=contains", "å#?/../", '"', "%25", "2000000001 "])
async def test_a_card_is_a_value_and_never_a_part_of_the_address(connect: Connect, old: Server, card: str) -> None:
    answer = await connect(old).patron(card, None)

    assert answer.reason is PatronReason.NO_SUCH_CARD
    assert ("cardnumber", card) in old.koha.asked[-1].query


async def test_where_entry_is_an_attribute_a_koha_that_tells_none_lets_nobody_in(connect: Connect, old: Server) -> None:
    answer = await connect(old, may_enter=EntryAttribute("MEROPPET")).patron("2000000001", None)

    assert answer.facts is not None
    assert answer.facts.debarred


async def test_what_19_05_offers_is_found_by_asking(connect: Connect, old: Server) -> None:
    ils = connect(old, pickup="SALA")

    assert (await ils.capabilities()).can == {Can.TELL_FEES, Can.LIST_CHANGES}
    assert (await ils.status()).online
    asked = len(old.koha.asked)
    assert (await ils.capabilities()).can == {Can.TELL_FEES, Can.LIST_CHANGES}
    assert len(old.koha.asked) == asked, "what is offered is asked once"


async def test_what_19_05_lacks_is_refused_and_nothing_is_changed(connect: Connect, old: Server) -> None:
    ils = connect(old, pickup="SALA")

    assert (await ils.checkout("2000000001", None, "3000000000001")).reason is LoanReason.REFUSED
    assert (await ils.renew("2000000010", None, "3000000000003")).reason is LoanReason.REFUSED
    assert (await ils.checkin("3000000000001")).reason is ReturnReason.REFUSED
    assert (await ils.item("3000000000001")).reason is ItemReason.UNAVAILABLE
    assert (await ils.holds("2000000001", None)).reason is AccountReason.NOT_SUPPORTED
    assert (await ils.place_hold("2000000001", None, "3000000000001")).reason is HoldReason.NOT_SUPPORTED
    assert (await ils.cancel_hold("2000000001", None, "3000000000001")).reason is HoldReason.NOT_SUPPORTED
    assert (await ils.pay_fee("2000000001", None, 100, "k1")).reason is PaymentReason.NOT_SUPPORTED
    harmless = ("/api/v1/oauth/token", "/api/v1/auth/password/validation")
    posts = [one for one in old.koha.asked if one.method != "GET" and one.path not in harmless]
    assert all(one.body == b"{}" for one in posts)


async def test_fees_are_told(connect: Connect, old: Server) -> None:
    ils = connect(old, currency="SEK")

    answer = await ils.fees("2000000014", None)
    assert (answer.reason, answer.owed_minor, answer.currency) == (AccountReason.KNOWN, 4550, "SEK")
    assert (await ils.fees("2000000004", None)).owed_minor is None
    assert (await ils.fees("200000000", None)).reason is AccountReason.NO_SUCH_CARD


async def test_the_replica_reads_everybody_page_by_page(connect: Connect, old: Server) -> None:
    page = await connect(old).changes(None)

    assert page.cause is None
    assert page.is_whole
    assert page.next is None
    assert page.total == len(PATRONS)
    assert {one.patron_id for one in page.patrons} == {row["cardnumber"] for row in PATRONS}
    assert all(one.updated_on is not None and one.facts.fees_minor is None for one in page.patrons)


class Crowd(RecordedKoha):
    """A Koha with 250 patrons."""

    def patrons(self, request: Asked) -> Said:
        rows = [PATRONS[0] | {"patron_id": number, "cardnumber": f"{number:010}"} for number in range(1, 251)]
        return self.page(rows, dict(request.query))


async def test_no_page_is_forgotten_and_none_is_read_twice(connect: Connect) -> None:
    seen: list[str] = []
    with served(Crowd()) as server:
        ils, number = connect(server), 1
        while number:
            page = await ils.changes(None, number)
            seen += [one.patron_id for one in page.patrons]
            number = page.next or 0

    assert seen == [f"{number:010}" for number in range(1, 251)]


async def test_a_wrong_secret_is_a_refused_login(connect: Connect, old: Server) -> None:
    answer: PatronAnswer = await connect(old, client_secret="x").patron("2000000001", None)

    assert answer.cause is UnavailableCause.LOGIN_REFUSED


async def test_a_token_that_koha_has_forgotten_is_renewed_once(connect: Connect, old: Server) -> None:
    ils = connect(old)
    assert (await ils.status()).online
    old.koha.refuses_tokens = 1

    assert (await ils.fees("2000000014", None)).owed_minor == 4550
    assert sum(one.path.endswith("/oauth/token") for one in old.koha.asked) == 2


async def test_a_token_is_renewed_before_it_is_too_old(connect: Connect, old: Server, clock: ManualClock) -> None:
    ils = connect(old)
    await ils.status()
    clock.advance(timedelta(seconds=3590))

    await ils.fees("2000000014", None)

    assert sum(one.path.endswith("/oauth/token") for one in old.koha.asked) == 2
