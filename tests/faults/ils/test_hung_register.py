"""However a register hangs, every call ends in time as `unavailable`, and nothing is left behind."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from meroppet.ils.acs_simulator import Fault
from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_calls import Judged
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils, Tls
from meroppet.runtime.clock import SystemClock
from tests.faults.ils.conftest import RegisterProcess, StopWatch, settled, sockets
from tests.integration.sip2.conftest import PASSWORD

DEADLINE = 0.1
GRACE = 0.1
CALLS = 1000
AT_ONCE = 25
CARD, ITEM = "2000000001", "3001"

Call = Callable[[Sip2Ils], Awaitable[Judged]]

EVERY_QUESTION: dict[str, Call] = {
    "patron": lambda ils: ils.patron(CARD, "1234"),
    "holds": lambda ils: ils.holds(CARD, None),
    "fees": lambda ils: ils.fees(CARD, None),
    "checkout": lambda ils: ils.checkout(CARD, "1234", ITEM),
    "renew": lambda ils: ils.renew(CARD, "1234", ITEM),
    "place_hold": lambda ils: ils.place_hold(CARD, "1234", ITEM),
    "cancel_hold": lambda ils: ils.cancel_hold(CARD, "1234", ITEM),
    "pay_fee": lambda ils: ils.pay_fee(CARD, "1234", 100, "1"),
}
ABOUT_LOANS = {"checkout", "renew"}
ABOUT_ITEMS: dict[str, Call] = {"item": lambda ils: ils.item(ITEM), "checkin": lambda ils: ils.checkin(ITEM)}

ORDERED = [
    Fault.HANG,
    Fault.SLOW,
    Fault.WRONG_SEQUENCE,
    Fault.BAD_CHECKSUM,
    Fault.NO_CR,
    Fault.CLOSE,
    Fault.LATE_ANSWER,
    Fault.WRONG_PATRON,
]
FROM_LOGIN = [Fault.HANG, Fault.SLOW, Fault.WRONG_SEQUENCE, Fault.BAD_CHECKSUM, Fault.NO_CR, Fault.CLOSE]
OTHERS = [Fault.HALF_ANSWER, Fault.DRIP, Fault.LAST_ANSWER, Fault.GARBAGE, Fault.ENDLESS, Fault.ASKS_AGAIN]
SPARES_ITEMS = {Fault.WRONG_PATRON, Fault.BAD_CHECKSUM}
"""An item names no patron who could be the wrong one; and an answer that a Koha repeats, after 97, without any checksum
is believed of items and loans, though never of a patron."""


def client(port: int, tls: Tls | None = None) -> Sip2Ils:
    account = Sip2Account("127.0.0.1", port, "sip_skiljebo", PASSWORD, institution="SKILJEBO", tls=tls)
    return Sip2Ils(KOHA, account, SystemClock(), deadline=DEADLINE, breaker=Breaker(limit=0))


def are_in_time(took: list[float]) -> bool:
    """Whether every single call ended within its deadline and a grace."""
    return max(took) <= DEADLINE + GRACE


async def in_turn(ils: Sip2Ils, calls: list[Call], stop_watch: StopWatch) -> list[float]:
    """How long each call took; each must have said that the register is unavailable."""
    took = []
    for call in calls:
        began = stop_watch.now()
        answer = await call(ils)
        took.append(stop_watch.now() - began)
        assert answer.cause is not None
    return took


async def all_at_once(clients: list[Sip2Ils], calls: list[Call], stop_watch: StopWatch) -> list[float]:
    """The calls dealt out to the clients."""
    shares = [in_turn(ils, calls[number :: len(clients)], stop_watch) for number, ils in enumerate(clients)]
    return [seconds for share in await asyncio.gather(*shares) for seconds in share]


async def nothing_is_left(sockets_before: int, tasks_before: set["asyncio.Task[object]"]) -> bool:
    await settled()
    return sockets() == sockets_before and asyncio.all_tasks() == tasks_before


@pytest.mark.parametrize("fault", ORDERED)
async def test_a_thousand_calls_end_in_time_and_leave_nothing(
    failing: RegisterProcess, stop_watch: StopWatch, fault: Fault
) -> None:
    failing.order(fault)
    clients = [client(failing.port) for _ in range(AT_ONCE)]
    sockets_before, tasks_before = sockets(), asyncio.all_tasks()

    took = await all_at_once(clients, [EVERY_QUESTION["patron"]] * CALLS, stop_watch)

    assert len(took) == CALLS
    assert are_in_time(took)
    assert await nothing_is_left(sockets_before, tasks_before)


@pytest.mark.parametrize("fault", FROM_LOGIN)
async def test_so_do_calls_to_one_that_fails_from_the_first_byte(
    failing: RegisterProcess, stop_watch: StopWatch, fault: Fault
) -> None:
    failing.order(fault, from_login=True)
    clients = [client(failing.port) for _ in range(AT_ONCE)]
    sockets_before, tasks_before = sockets(), asyncio.all_tasks()

    took = await all_at_once(clients, [EVERY_QUESTION["patron"]] * 100, stop_watch)

    assert are_in_time(took)
    assert await nothing_is_left(sockets_before, tasks_before)


@pytest.mark.parametrize("fault", [*ORDERED, *OTHERS])
async def test_so_does_everything_else_that_can_be_asked(
    failing: RegisterProcess, stop_watch: StopWatch, fault: Fault
) -> None:
    failing.order(fault)
    questions = EVERY_QUESTION if fault in SPARES_ITEMS else EVERY_QUESTION | ABOUT_ITEMS
    if fault is Fault.BAD_CHECKSUM:
        questions = {name: call for name, call in questions.items() if name not in ABOUT_LOANS}
    clients = [client(failing.port) for _ in questions]
    sockets_before, tasks_before = sockets(), asyncio.all_tasks()

    took = await all_at_once(clients, list(questions.values()) * 3, stop_watch)
    for ils in clients:
        await ils.close()

    assert are_in_time(took)
    assert await nothing_is_left(sockets_before, tasks_before)


@contextmanager
def deaf_socket(backlog: int) -> Iterator[tuple[socket.socket, int]]:
    """A port that nobody answers at."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as listening:
        yield listening, listening.getsockname()[1]


@pytest.mark.parametrize("tls", [None, Tls()])
async def test_a_port_that_takes_connections_and_says_nothing(stop_watch: StopWatch, tls: Tls | None) -> None:
    with deaf_socket(backlog=100) as (_, port):
        ils = client(port, tls)
        sockets_before, tasks_before = sockets(), asyncio.all_tasks()

        took = await in_turn(ils, [EVERY_QUESTION["patron"]] * 5, stop_watch)

        assert are_in_time(took)
        assert await nothing_is_left(sockets_before, tasks_before)


async def test_a_port_that_does_not_even_take_connections(stop_watch: StopWatch) -> None:
    with deaf_socket(backlog=0) as (_, port):
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        ils = client(port)
        sockets_before, tasks_before = sockets(), asyncio.all_tasks()

        took = await in_turn(ils, [EVERY_QUESTION["patron"]] * 5, stop_watch)

        assert are_in_time(took)
        assert await nothing_is_left(sockets_before, tasks_before)
        for one in waiting:
            one.close()


async def test_waiting_for_ones_turn_is_part_of_the_deadline(failing: RegisterProcess, stop_watch: StopWatch) -> None:
    failing.order(Fault.HANG)
    ils = client(failing.port)
    sockets_before, tasks_before = sockets(), asyncio.all_tasks()

    shares = [in_turn(ils, [EVERY_QUESTION["patron"]], stop_watch) for _ in range(50)]
    took = [share[0] for share in await asyncio.gather(*shares)]

    assert are_in_time(took)
    assert await nothing_is_left(sockets_before, tasks_before)


async def test_a_call_that_is_given_up_leaves_nothing_either(failing: RegisterProcess) -> None:
    failing.order(Fault.HANG)
    ils = client(failing.port)
    sockets_before, tasks_before = sockets(), asyncio.all_tasks()

    for patience in (0.0, 0.001, 0.01, 0.05):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(patience):
                await ils.patron(CARD, "1234")

    assert await nothing_is_left(sockets_before, tasks_before)


async def test_afterwards_it_is_as_if_nothing_had_been(failing: RegisterProcess) -> None:
    account = Sip2Account("127.0.0.1", failing.port, "sip_skiljebo", PASSWORD, institution="SKILJEBO")
    ils = Sip2Ils(KOHA, account, SystemClock(), deadline=DEADLINE, breaker=Breaker(limit=0))
    patient = Sip2Ils(KOHA, account, SystemClock(), deadline=20.0)
    failing.order(Fault.HANG)
    hung = await ils.patron(CARD, "1234")
    failing.order(Fault.NONE)
    well = await patient.patron(CARD, "1234")
    await patient.close()

    assert (hung.cause, well.cause, well.patron_id) == (UnavailableCause.TIMEOUT, None, CARD)
