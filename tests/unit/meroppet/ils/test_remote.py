"""The register through the server: every answer is a value, and a loan whose answer was lost is never `refused`."""

from datetime import date

import pytest

from meroppet.ils.ports import (
    Destination,
    DestinationKind,
    ItemReason,
    LoanReason,
    PatronReason,
    ReturnReason,
    UnavailableCause,
)
from meroppet.ils.remote import RemoteIls
from meroppet.rules.pin import PinAnswer
from meroppet.wire.ils import IlsItemReply, IlsLoanReply, IlsPatronReply, IlsPatronRequest, IlsReturnReply
from meroppet.wire.verify import WireFacts
from server.registers.connecting import CHANGE_DEADLINE_SECONDS, DEADLINE_SECONDS

CARD, PIN, BOOK = "2900100000017", "1234", "3010000000011"


class Line:
    """A channel with one answer for everything; it keeps what was sent and what was sealed."""

    def __init__(self, answer=None, error: OSError | None = None) -> None:
        self.answer, self.error = answer, error
        self.sent: list[tuple[str, object]] = []
        self.patience: list[float] = []

    def seal(self, bound_to, card, pin) -> str:
        return f"sealed for {bound_to}"

    async def post(self, path, request, reply, *, within):
        self.sent.append((path, request))
        self.patience.append(within)
        if self.error:
            raise self.error
        assert isinstance(self.answer, reply)
        return self.answer


def ils(line: Line) -> RemoteIls:
    return RemoteIls(line, lambda: "token")


async def test_card_and_pin_leave_sealed_and_bound():
    line = Line(IlsPatronReply(pin="right", facts=WireFacts(valid=True), initial="Å", holds_ready=2))

    answer = await ils(line).patron(CARD, PIN)

    assert (answer.pin, answer.name, answer.holds_ready) == (PinAnswer.RIGHT, "Å", 2)
    assert answer.facts is not None
    path, request = line.sent[0]
    assert path == "/ils/patron"
    assert CARD not in repr(request)
    assert isinstance(request, IlsPatronRequest)
    assert request.sealed == "sealed for token"


@pytest.mark.parametrize(
    ("card", "pin", "reason"),
    [
        (CARD, "", PatronReason.NO_PIN),
        (CARD, None, PatronReason.NO_PIN),
        (CARD, "12a4", PatronReason.BAD_INPUT),
        ("29\x00", PIN, PatronReason.BAD_INPUT),
        ("9" * 10_000, PIN, PatronReason.BAD_INPUT),
    ],
)
async def test_what_cannot_be_asked_is_not_asked(card, pin, reason):
    line = Line()

    answer = await ils(line).patron(card, pin)

    assert (answer.pin, answer.reason) == (PinAnswer.UNKNOWN, reason)
    assert line.sent == []


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (IlsPatronReply(pin="unavailable", cause="timeout"), UnavailableCause.TIMEOUT),
        (IlsPatronReply(pin="unavailable", cause="a newer word"), UnavailableCause.CLOSED),
        (IlsPatronReply(pin="perhaps"), UnavailableCause.MALFORMED),
    ],
)
async def test_a_register_that_cannot_be_believed_is_unavailable(reply, cause):
    answer = await ils(Line(reply)).patron(CARD, PIN)

    assert answer.pin is PinAnswer.UNAVAILABLE
    assert answer.cause is cause


@pytest.mark.parametrize("error", [ConnectionError("down"), PermissionError("refused")])
async def test_no_answer_is_unavailable_and_may_have_happened(error):
    remote = ils(Line(error=error))

    assert (await remote.patron(CARD, PIN)).pin is PinAnswer.UNAVAILABLE
    assert (await remote.item(BOOK)).reason is ItemReason.UNAVAILABLE
    loan, back = await remote.checkout(CARD, PIN, BOOK), await remote.checkin(BOOK)
    assert (loan.reason, loan.may_have_happened) == (LoanReason.UNAVAILABLE, True)
    assert (back.reason, back.may_have_happened) == (ReturnReason.UNAVAILABLE, True)


async def test_a_loan_comes_back_whole():
    line = Line(IlsLoanReply(ok=True, reason="loaned", title="Sagor", due=date(2026, 12, 21)))

    answer = await ils(line).checkout(CARD, PIN, BOOK)

    assert (answer.reason, answer.title, answer.due) == (LoanReason.LOANED, "Sagor", date(2026, 12, 21))
    assert answer.ok
    assert [path for path, _ in line.sent] == ["/ils/checkout"]
    await ils(line).renew(CARD, PIN, BOOK)
    assert line.sent[-1][0] == "/ils/renew"


async def test_a_reason_of_a_newer_server_is_not_taken_for_success():
    answer = await ils(Line(IlsLoanReply(ok=True, reason="gifted"))).checkout(CARD, PIN, BOOK)

    assert not answer.ok


@pytest.mark.parametrize("barcode", ["", "3" * 65, "30\n10", "bok✓"])
async def test_a_label_that_can_be_no_barcode_is_not_sent(barcode):
    line = Line()
    remote = ils(line)

    assert (await remote.checkout(CARD, PIN, barcode)).reason is LoanReason.BAD_INPUT
    assert (await remote.checkin(barcode)).reason is ReturnReason.BAD_INPUT
    assert (await remote.item(barcode)).reason is ItemReason.BAD_INPUT
    assert line.sent == []


async def test_a_return_says_where_the_item_goes():
    line = Line(IlsReturnReply(ok=True, reason="returned", title="Sagor", destination="transit:AVESTA"))

    answer = await ils(line).checkin(BOOK)

    assert answer.ok
    assert answer.destination == Destination(DestinationKind.TRANSIT, "AVESTA")


async def test_an_item_is_known_or_not():
    assert (await ils(Line(IlsItemReply(known=True, title="Sagor"))).item(BOOK)).ok
    assert (await ils(Line(IlsItemReply(known=False))).item(BOOK)).reason is ItemReason.UNKNOWN_ITEM


async def test_what_changes_something_is_waited_for_longer_than_the_register_is_given():
    line = Line(IlsLoanReply(ok=True, reason="loaned"))
    await ils(line).checkout(CARD, PIN, BOOK)
    await ils(line).renew(CARD, PIN, BOOK)
    returns, questions = Line(IlsReturnReply(ok=True, reason="returned")), Line(IlsItemReply(known=True))
    await ils(returns).checkin(BOOK)
    await ils(questions).item(BOOK)

    assert min(line.patience + returns.patience) > CHANGE_DEADLINE_SECONDS
    assert DEADLINE_SECONDS < questions.patience[0] < CHANGE_DEADLINE_SECONDS
