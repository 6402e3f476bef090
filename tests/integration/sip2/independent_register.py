"""A small library behind the server of the package pysip2, which shares no line of code with ours and is strict."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import SocketAttribute
from pysip2 import SIP2Server, routes
from pysip2.models import (
    CheckinRequest,
    CheckinResponse,
    CheckoutRequest,
    CheckoutResponse,
    FeePaidRequest,
    FeePaidResponse,
    HoldRequest,
    HoldResponse,
    ItemInformationRequest,
    ItemInformationResponse,
    LoginRequest,
    LoginResponse,
    PatronInformationRequest,
    PatronInformationResponse,
    RenewRequest,
    RenewResponse,
)

from tests.integration.sip2.conftest import PASSWORD

CARD, PIN, NAME = "0012345678", "4711", "Åsa Öberg"
ITEM, OTHER, TITLE = "3001", "3002", "Gösta Berlings saga"
AT = "20261121    120000"
LOAN_DAYS = ("20261221", "20270121")


@dataclass(slots=True)
class SmallRegister:
    """What the register knows, and every request it understood."""

    due: dict[str, str] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    owed: int = 12550
    heard: list[object] = field(default_factory=list)

    def login(self, request: LoginRequest) -> LoginResponse:
        return LoginResponse(ok="1" if request.login_password == PASSWORD else "0")

    def patron(self, request: PatronInformationRequest) -> PatronInformationResponse:
        known = request.patron_identifier == CARD
        wanted = request.summary.find("Y")
        return PatronInformationResponse(
            patron_status=" " * 14,
            language="006",
            transaction_date=AT,
            hold_items_count="0000",
            overdue_items_count="0000",
            charged_items_count=f"{len(self.due):04}",
            fine_items_count="0001",
            recall_items_count="0000",
            unavailable_holds_count=f"{len(self.holds):04}",
            institution_id="BIBL",
            patron_identifier=request.patron_identifier,
            personal_name=NAME if known else "",
            valid_patron="Y" if known else "N",
            valid_patron_password="Y" if known and request.patron_password == PIN else "N",
            currency_type="SEK",
            fee_amount=f"{self.owed / 100:.2f}",
            charged_items=tuple(self.due) if wanted == 2 else (),
            unavailable_hold_items=tuple(self.holds) if wanted == 5 else (),
        )

    def item(self, request: ItemInformationRequest) -> ItemInformationResponse:
        due = self.due.get(request.item_identifier)
        return ItemInformationResponse(
            circulation_status="04" if due else "03",
            security_marker="02",
            fee_type="01",
            transaction_date=AT,
            due_date=due,
            item_identifier=request.item_identifier,
            title_identifier=TITLE,
        )

    def checkout(self, request: CheckoutRequest) -> CheckoutResponse:
        self.due[request.item_identifier] = f"{LOAN_DAYS[0]}    235900"
        return CheckoutResponse(**self._loan(request.patron_identifier, request.item_identifier))

    def renew(self, request: RenewRequest) -> RenewResponse:
        assert request.item_identifier is not None
        self.due[request.item_identifier] = f"{LOAN_DAYS[1]}    235900"
        return RenewResponse(**self._loan(request.patron_identifier, request.item_identifier))

    def _loan(self, card: str, item: str) -> dict[str, Any]:
        fixed = {"ok": "1", "renewal_ok": "N", "magnetic_media": "N", "desensitize": "Y", "transaction_date": AT}
        who = {"institution_id": "BIBL", "patron_identifier": card, "item_identifier": item}
        return fixed | who | {"title_identifier": TITLE, "due_date": self.due[item]}

    def checkin(self, request: CheckinRequest) -> CheckinResponse:
        was_on_loan = self.due.pop(request.item_identifier, None) is not None
        return CheckinResponse(
            ok="1" if was_on_loan else "0",
            resensitize="Y",
            magnetic_media="N",
            alert="N",
            transaction_date=AT,
            institution_id="BIBL",
            item_identifier=request.item_identifier,
            permanent_location="BIBL",
            title_identifier=TITLE,
        )

    def hold(self, request: HoldRequest) -> HoldResponse:
        assert request.item_identifier is not None
        if request.hold_mode == "+":
            self.holds.append(request.item_identifier)
        else:
            self.holds.remove(request.item_identifier)
        return HoldResponse(
            ok="1",
            available="N",
            transaction_date=AT,
            pickup_location=request.pickup_location,
            institution_id="BIBL",
            patron_identifier=request.patron_identifier,
            item_identifier=request.item_identifier,
        )

    def pay(self, request: FeePaidRequest) -> FeePaidResponse:
        self.owed -= round(float(request.fee_amount) * 100)
        return FeePaidResponse(
            payment_accepted="Y",
            transaction_date=AT,
            institution_id="BIBL",
            patron_identifier=request.patron_identifier,
            transaction_id=request.transaction_id,
        )

    def routes(self) -> dict[str, Callable[[Any], object]]:
        """Which handler answers which message."""
        return {
            "LOGIN": self.login,
            "PATRON_INFORMATION": self.patron,
            "ITEM_INFORMATION": self.item,
            "CHECKOUT": self.checkout,
            "RENEW": self.renew,
            "CHECKIN": self.checkin,
            "HOLD": self.hold,
            "FEE_PAID": self.pay,
        }


@asynccontextmanager
async def listening(register: SmallRegister) -> AsyncIterator[int]:
    """The register behind pysip2's server on loopback; yields its port."""
    app = SIP2Server(encoding="utf-8", login_required=True, institution_id="BIBL", error_detection="required")
    for name, handler in register.routes().items():
        app.route(getattr(routes, name))(_noting(register, handler))
    async with await app.listen("127.0.0.1", 0) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, app._handle_connection)
        yield listener.extra(SocketAttribute.local_port)  # noqa: S610 (a socket, not a database)
        group.cancel_scope.cancel()


def _noting(register: SmallRegister, handler: Callable[[Any], object]) -> Callable[[object, object], Awaitable[Any]]:
    async def answer(request: object, _context: object) -> object:
        register.heard.append(request)
        return handler(request)

    return answer
