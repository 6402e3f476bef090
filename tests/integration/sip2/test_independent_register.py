"""Our client against a register that shares no line of code with ours: the strict server of the package pysip2."""

import anyio
import pytest
from anyio.abc import SocketAttribute
from pysip2 import LoginRequest, LoginResponse, PatronInformationRequest, PatronInformationResponse, SIP2Server
from pysip2.routes import LOGIN, PATRON_INFORMATION

from meroppet.ils.ports import PatronAnswer, PatronReason, UnavailableCause
from meroppet.ils.profiles import STANDARD
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from tests.integration.sip2.conftest import PASSWORD, HandClock

CARD, PIN = "0012345678", "4711"


def server(heard: list[object]) -> SIP2Server:
    app = SIP2Server(encoding="utf-8", login_required=True, institution_id="BIBL")

    @app.route(LOGIN)
    async def login(request: LoginRequest, _context: object) -> LoginResponse:
        return LoginResponse(ok="1" if request.login_password == PASSWORD else "0")

    @app.route(PATRON_INFORMATION)
    async def patron(request: PatronInformationRequest, _context: object) -> PatronInformationResponse:
        heard.append(request)
        known = request.patron_identifier == CARD
        return PatronInformationResponse(
            patron_status=" " * 14,
            language="006",
            transaction_date="20261121    120000",
            hold_items_count="0000",
            overdue_items_count="0000",
            charged_items_count="0002",
            fine_items_count="0000",
            recall_items_count="0000",
            unavailable_holds_count="0000",
            institution_id="BIBL",
            patron_identifier=request.patron_identifier,
            personal_name="Åsa Öberg" if known else "",
            valid_patron="Y" if known else "N",
            valid_patron_password="Y" if known and request.patron_password == PIN else "N",
        )

    return app


async def ask(
    clock: HandClock, heard: list[object], *questions: tuple[str, str], password: str = PASSWORD
) -> list[PatronAnswer]:
    app = server(heard)
    async with await app.listen("127.0.0.1", 0) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, app._handle_connection)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 (a socket, not a database)
        ils = Sip2Ils(STANDARD, Sip2Account("127.0.0.1", port, "door", password, "BIBL"), clock)
        answers = [await ils.patron(card, pin) for card, pin in questions]
        await ils.close()
        group.cancel_scope.cancel()
    return answers


async def test_a_pin_is_checked_at_an_independent_register(clock: HandClock) -> None:
    heard: list[object] = []

    right, wrong, unknown, again = await ask(clock, heard, (CARD, PIN), (CARD, "0000"), ("999", PIN), (CARD, PIN))

    assert [answer.pin for answer in (right, wrong, again)] == [PinAnswer.RIGHT, PinAnswer.WRONG, PinAnswer.RIGHT]
    assert unknown.reason is PatronReason.NO_SUCH_CARD
    assert (right.name, right.loans, right.patron_id) == ("Åsa Öberg", 2, CARD)
    assert len(heard) == 4


@pytest.mark.parametrize("pin", ["", "  "])
async def test_an_empty_pin_never_reaches_it(clock: HandClock, pin: str) -> None:
    heard: list[object] = []

    (answer,) = await ask(clock, heard, (CARD, pin))

    assert (answer.pin, answer.reason) == (PinAnswer.UNKNOWN, PatronReason.NO_PIN)
    assert heard == []


async def test_it_refuses_our_login_and_we_say_so(clock: HandClock) -> None:
    (answer,) = await ask(clock, [], (CARD, PIN), password="fel")

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.LOGIN_REFUSED)
