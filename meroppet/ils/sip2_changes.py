"""What changes something in the register, and how it is found out what became of it when the answer was lost.

Each change is sent once. Its answer lost, the register is asked for the item (17) or the account (63) instead; the same
change asked for again later begins with that question, too.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from typing import ClassVar, Protocol, TypeVar

from meroppet.ils.ports import (
    HOLD_HERE,
    Destination,
    DestinationKind,
    HoldAnswer,
    HoldReason,
    ItemAnswer,
    ItemReason,
    ItemState,
    LoanAnswer,
    LoanReason,
    PaymentAnswer,
    PaymentReason,
    ReturnAnswer,
    ReturnReason,
    UnavailableCause,
)
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_account_answers import (
    Account,
    hold_answer,
    hold_unavailable,
    owed_minor,
    payment_answer,
    payment_unavailable,
)
from meroppet.ils.sip2_answers import loan_answer, loan_unavailable, return_answer, return_unavailable
from meroppet.ils.sip2_questions import Sip2Questions
from meroppet.ils.sip2_requests import Requests
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.requests import HoldMode, Summary
from meroppet.sip2.session import Answer
from meroppet.sip2.views import HoldView, LoanView, PaymentView, ReturnView

A_co = TypeVar("A_co", covariant=True)

_OFF_THE_CARD = frozenset({ItemState.AVAILABLE, ItemState.ON_HOLD_SHELF, ItemState.IN_TRANSIT, ItemState.MISSING})


class Finding(Enum):
    """What asking afterwards told, where it was not that the change had been made."""

    NOT_MADE = auto()
    UNCLEAR = auto()
    UNANSWERED = auto()


class Change(Protocol[A_co]):
    """One change. `before` and `became` ask; the rest is pure."""

    message: ClassVar[str]
    """The message that a register must offer; empty where what it says of that is not to be relied on."""
    harmless_twice: ClassVar[bool]
    """Whether it may be sent again where asking told nothing."""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two of them the same."""
        ...

    def request(self, ask: Requests) -> RawMessage:
        """The message to send."""
        ...

    def read(self, answer: Answer) -> A_co:
        """What the register's answer says."""
        ...

    def lost(self, cause: UnavailableCause, *, may_have_happened: bool) -> A_co:
        """The answer where nobody knows, or where nothing was sent."""
        ...

    def unsupported(self) -> A_co:
        """The answer where the register does not offer this."""
        ...

    async def before(self, questions: Sip2Questions, until: float) -> UnavailableCause | None:
        """Note what `became` will need to compare with; a cause where the register is not there to be asked."""
        ...

    async def became(self, questions: Sip2Questions, until: float) -> A_co | Finding:
        """The answer if the change proves to have been made."""
        ...


@dataclass(slots=True)
class Loan:
    """11."""

    message: ClassVar[str] = ""
    harmless_twice: ClassVar[bool] = True
    """A register takes the second time for a renewal, or refuses it."""
    profile: SiteProfile
    card: str = field(repr=False)
    pin: str | None = field(repr=False)
    barcode: str

    @property
    def key(self) -> tuple[str, ...]:
        return "11", self.card, self.barcode

    def request(self, ask: Requests) -> RawMessage:
        return ask.checkout(self.card, self.pin, self.barcode)

    def read(self, answer: Answer) -> LoanAnswer:
        return loan_answer(self.profile, LoanView(answer.message), self.card, self.barcode)

    def lost(self, cause: UnavailableCause, *, may_have_happened: bool) -> LoanAnswer:
        return loan_unavailable(self.barcode, cause, sent=may_have_happened)

    def unsupported(self) -> LoanAnswer:
        return LoanAnswer(LoanReason.REFUSED, self.barcode)

    async def before(
        self,
        questions: Sip2Questions,  # noqa: ARG002 (the shape of every change)
        until: float,  # noqa: ARG002
    ) -> UnavailableCause | None:
        return None

    async def became(self, questions: Sip2Questions, until: float) -> LoanAnswer | Finding:
        item = await questions.item(self.barcode, until)
        if item.cause is not None:
            return Finding.UNANSWERED
        if item.reason is ItemReason.UNKNOWN_ITEM or item.state in _OFF_THE_CARD:
            return Finding.NOT_MADE
        account = await questions.account(self.card, None, Summary.CHARGED, until)
        if account.cause is not None:
            return Finding.UNANSWERED
        return self._on_whose_card(item, account)

    def _on_whose_card(self, item: ItemAnswer, account: Account) -> LoanAnswer | Finding:
        listed = account.view.charged if account.view is not None else ()
        if any(self.barcode == text.strip() for text in listed):
            return LoanAnswer(LoanReason.LOANED, self.barcode, item.title, item.due)
        is_whole = account.view is not None and account.view.count("charged") == len(listed)
        return Finding.NOT_MADE if is_whole else Finding.UNCLEAR


@dataclass(slots=True)
class Renewal:
    """29."""

    message: ClassVar[str] = ""
    harmless_twice: ClassVar[bool] = True
    profile: SiteProfile
    card: str = field(repr=False)
    pin: str | None = field(repr=False)
    barcode: str
    due: date | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return "29", self.card, self.barcode

    def request(self, ask: Requests) -> RawMessage:
        return ask.renew(self.card, self.pin, self.barcode)

    def read(self, answer: Answer) -> LoanAnswer:
        return loan_answer(self.profile, LoanView(answer.message), self.card, self.barcode, renewal=True)

    def lost(self, cause: UnavailableCause, *, may_have_happened: bool) -> LoanAnswer:
        return loan_unavailable(self.barcode, cause, sent=may_have_happened)

    def unsupported(self) -> LoanAnswer:
        return LoanAnswer(LoanReason.REFUSED, self.barcode)

    async def before(self, questions: Sip2Questions, until: float) -> UnavailableCause | None:
        item = await questions.item(self.barcode, until)
        self.due = item.due
        return item.cause

    async def became(self, questions: Sip2Questions, until: float) -> LoanAnswer | Finding:
        item = await questions.item(self.barcode, until)
        if item.cause is not None:
            return Finding.UNANSWERED
        if self.due is None or item.due is None:
            return Finding.UNCLEAR
        if item.due == self.due:
            return Finding.NOT_MADE
        return LoanAnswer(LoanReason.RENEWED, self.barcode, item.title, item.due)


@dataclass(slots=True)
class Return:
    """09."""

    message: ClassVar[str] = ""
    harmless_twice: ClassVar[bool] = True
    profile: SiteProfile
    barcode: str

    @property
    def key(self) -> tuple[str, ...]:
        return "09", self.barcode

    def request(self, ask: Requests) -> RawMessage:
        return ask.checkin(self.barcode)

    def read(self, answer: Answer) -> ReturnAnswer:
        return return_answer(self.profile, ReturnView(answer.message), self.barcode)

    def lost(self, cause: UnavailableCause, *, may_have_happened: bool) -> ReturnAnswer:
        return return_unavailable(self.barcode, cause, sent=may_have_happened)

    def unsupported(self) -> ReturnAnswer:
        return ReturnAnswer(ReturnReason.REFUSED, self.barcode)

    async def before(
        self,
        questions: Sip2Questions,  # noqa: ARG002 (the shape of every change)
        until: float,  # noqa: ARG002
    ) -> UnavailableCause | None:
        return None

    async def became(self, questions: Sip2Questions, until: float) -> ReturnAnswer | Finding:
        item = await questions.item(self.barcode, until)
        if item.cause is not None:
            return Finding.UNANSWERED
        if item.state is ItemState.ON_LOAN or item.reason is ItemReason.UNKNOWN_ITEM:
            return Finding.NOT_MADE
        if item.state not in _OFF_THE_CARD:
            return Finding.UNCLEAR
        return ReturnAnswer(ReturnReason.RETURNED, self.barcode, item.title, _destination(item.state))


def _destination(state: ItemState) -> Destination | None:
    # "Available" is no destination: some registers say that of items in transit, too.
    if state is ItemState.IN_TRANSIT:
        return Destination(DestinationKind.TRANSIT)
    return HOLD_HERE if state is ItemState.ON_HOLD_SHELF else None


@dataclass(slots=True)
class HoldChange:
    """15, to place a hold or to cancel it. A second hold on a title is accepted by some registers."""

    message: ClassVar[str] = "15"
    harmless_twice: ClassVar[bool] = False
    profile: SiteProfile
    card: str = field(repr=False)
    pin: str | None = field(repr=False)
    barcode: str
    mode: HoldMode
    pickup: str | None = None
    holds: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return "15", self.mode, self.card, self.barcode

    @property
    def _done(self) -> HoldReason:
        return HoldReason.PLACED if self.mode is HoldMode.ADD else HoldReason.CANCELLED

    def request(self, ask: Requests) -> RawMessage:
        return ask.hold(self.card, self.pin, self.barcode, self.mode, self.pickup)

    def read(self, answer: Answer) -> HoldAnswer:
        return hold_answer(self.profile, HoldView(answer.message), self.card, self.barcode, self._done)

    def lost(self, cause: UnavailableCause, *, may_have_happened: bool) -> HoldAnswer:
        return hold_unavailable(self.barcode, cause, sent=may_have_happened)

    def unsupported(self) -> HoldAnswer:
        return HoldAnswer(HoldReason.NOT_SUPPORTED, self.barcode)

    async def before(self, questions: Sip2Questions, until: float) -> UnavailableCause | None:
        account = await questions.account(self.card, None, Summary.NONE, until)
        self.holds = account.holds_in_all
        return account.cause

    async def became(self, questions: Sip2Questions, until: float) -> HoldAnswer | Finding:
        account = await questions.account(self.card, None, Summary.NONE, until)
        if account.cause is not None:
            return Finding.UNANSWERED
        if self.holds is None or account.holds_in_all is None:
            return Finding.UNCLEAR
        more = account.holds_in_all - self.holds
        if more == 0:
            return Finding.NOT_MADE
        made = more > 0 if self.mode is HoldMode.ADD else more < 0
        return HoldAnswer(self._done, self.barcode) if made else Finding.UNCLEAR


@dataclass(slots=True)
class Payment:
    """37. Registers book it as often as it is sent."""

    message: ClassVar[str] = "37"
    harmless_twice: ClassVar[bool] = False
    profile: SiteProfile
    card: str = field(repr=False)
    pin: str | None = field(repr=False)
    amount_minor: int
    payment_id: str
    owed: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return "37", self.card, self.payment_id

    def request(self, ask: Requests) -> RawMessage:
        return ask.payment(self.card, self.pin, self.amount_minor, self.payment_id)

    def read(self, answer: Answer) -> PaymentAnswer:
        return payment_answer(self.profile, PaymentView(answer.message), self.card, self.payment_id)

    def lost(self, cause: UnavailableCause, *, may_have_happened: bool) -> PaymentAnswer:
        return payment_unavailable(cause, sent=may_have_happened)

    def unsupported(self) -> PaymentAnswer:
        return PaymentAnswer(PaymentReason.NOT_SUPPORTED)

    async def before(self, questions: Sip2Questions, until: float) -> UnavailableCause | None:
        account = await questions.account(self.card, None, Summary.NONE, until)
        self.owed = self._owed(account)
        return account.cause

    async def became(self, questions: Sip2Questions, until: float) -> PaymentAnswer | Finding:
        account = await questions.account(self.card, None, Summary.NONE, until)
        if account.cause is not None:
            return Finding.UNANSWERED
        owed = self._owed(account)
        if self.owed is None or owed is None:
            return Finding.UNCLEAR
        if owed == self.owed:
            return Finding.NOT_MADE
        return PaymentAnswer(PaymentReason.ACCEPTED) if owed == self.owed - self.amount_minor else Finding.UNCLEAR

    def _owed(self, account: Account) -> int | None:
        return owed_minor(self.profile, account.view) if account.view is not None else None
