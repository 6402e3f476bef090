"""Asking a register whether a PIN is right, with the try counted before and settled after; for devices and pages alike.

Card and PIN live in local variables; nothing logs or stores them.
"""

import asyncio
import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

from meroppet.ils.ports import Circulation, PatronAnswer, PatronReason, UnavailableCause
from meroppet.rules.access import settled
from meroppet.rules.credentials import CardNumber, Pin, card_from_text, personnummer
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.runtime.clock import Clock
from server.attempts.counting import Sending, may_have_counted
from server.attempts.service import Asked, Place, begin, settle
from server.cards.service import saw
from server.db import Database, Session
from server.keys import KeyRing
from server.patrons.tags import number_behind
from server.registers.service import DEADLINE_SECONDS

logger = logging.getLogger(__name__)

NO_REGISTER = PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=UnavailableCause.REFUSED)
TOO_LATE = PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=UnavailableCause.TIMEOUT)
WITHHELD = PatronAnswer(PinAnswer.WITHHELD, PatronReason.NO_PIN)

_MOST_CONFIRMED = 100_000
_PLAIN = re.compile(r"[0-9]+|[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{16}|[0-9A-F]{20}")
"""A barcode of digits, or a chip's serial number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a patron showed and typed, and the identifier of her attempt."""

    attempt: str
    card: CardNumber = field(repr=False)
    pin: Pin = field(repr=False)
    agreed: bool = False


class Confirmed:
    """Numbers that a register has answered under as their own, in memory, by digests under a key of this process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: set[bytes] = set()

    def __contains__(self, card: CardNumber) -> bool:
        return self._digest(card) in self._known

    def add(self, card: CardNumber) -> None:
        """The register knows an account by this very number."""
        if len(self._known) >= _MOST_CONFIRMED:
            self._known.clear()
        self._known.add(self._digest(card))

    def _digest(self, card: CardNumber) -> bytes:
        return hmac.digest(self._key, card.value.encode(), "sha256")[:16]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a register said. `later` is to be awaited when whoever stands at the door has been answered.

    Until then a right PIN is still counted as a try, which is on the safe side, and nobody waits for a disk to learn
    that less is counted against her than before.
    """

    answer: PatronAnswer
    later: Callable[[], Awaitable[None]] | None = None


First = Callable[[Session], Awaitable[None]]


async def nothing(_session: Session) -> None:
    """What is done first where nothing is."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The process's parts that asking needs."""

    database: Database
    keys: KeyRing
    clock: Clock
    confirmed: Confirmed = field(default_factory=Confirmed, repr=False)


async def checked(
    desk: Desk,
    place: Place,
    ils: Circulation | None,
    limit: int | None,
    shown: Shown,
    *,
    in_haste: bool = False,
    first: First = nothing,
) -> Checked:
    """The register's word, or what stands for it when it is silent or must not be asked; within the deadline.

    `limit` is after how many wrong PINs in a row the register locks an account (None: never). `in_haste`: somebody
    waits at a door, whose readers take nothing for a card that does not look like one. `first` is done before all, in
    the transaction that counts the try if one does; what it raises is raised.
    """
    until = asyncio.get_running_loop().time() + DEADLINE_SECONDS + 0.1
    asked = None
    async with desk.database.session(place.scope) as session:
        await first(session)
        called = shown if ils is None else await _by_number(session, desk, place, shown)
        if ils is not None and _is_one_name(desk, called, in_haste=in_haste):
            asked = await _begun(session, desk, place, called, limit)
    if ils is None:
        return Checked(NO_REGISTER)
    if asked is None:
        known = await _called(ils, called, until)
        if isinstance(known, PatronAnswer):
            return Checked(known)
        called = known
        async with desk.database.session(place.scope) as session:
            asked = await _begun(session, desk, place, called, limit)
    if asked.what is not Sending.SENT:
        logger.warning("device=%s the register is not asked about a PIN: %s", place.device, asked.what.value)
        return Checked(WITHHELD)
    answer = await _answered(ils, called.card, called.pin, until)
    settling = partial(_settle, desk, place, asked, called, answer, shown.card)
    if answer.pin is PinAnswer.RIGHT:
        return Checked(answer, settling)
    await settling()
    return Checked(answer)


async def number_of(desk: Desk, place: Place, card: CardNumber) -> CardNumber:
    """The number a register knows whoever has this card or tag by: its own, unless the server handed the tag out."""
    async with desk.database.reading(place.scope) as session:
        return await number_behind(session, desk.keys, place.consortium, place.register, card) or card


def is_contradicted(answer: PatronAnswer) -> bool:
    """Whether the register answered for another patron."""
    return answer.cause is UnavailableCause.WRONG_PATRON


async def _by_number(session: Session, desk: Desk, place: Place, shown: Shown) -> Shown:
    number = await number_behind(session, desk.keys, place.consortium, place.register, shown.card)
    return shown if number is None else replace(shown, card=number)


def _is_one_name(desk: Desk, shown: Shown, *, in_haste: bool) -> bool:
    """Whether what was shown is the one name its account is counted by.

    A personnummer or a user name is another name of a card that can be shown as well, and wrong PINs for both are wrong
    PINs of one account; so the register is asked whose it is before any PIN is sent. Where numbers are typed, that is
    so of all of them: a user name may be digits alone.
    """
    is_person = personnummer(shown.card.value, desk.clock.now().date()) is not None
    is_plain = in_haste and not is_person and _PLAIN.fullmatch(shown.card.value) is not None
    return is_plain or shown.card in desk.confirmed


async def _begun(session: Session, desk: Desk, place: Place, called: Shown, limit: int | None) -> Asked:
    return await begin(session, desk.keys, place, called.card, called.attempt, limit, agreed=called.agreed)


async def _called(ils: Circulation, shown: Shown, until: float) -> Shown | PatronAnswer:
    """What was shown under the number the register knows the account by; an answer if that is not to be had."""
    answer = await _answered(ils, shown.card, None, until)
    if answer.cause is not None:
        return answer
    number = card_from_text(answer.patron_id or "")
    return shown if number is None else replace(shown, card=number)


async def _answered(ils: Circulation, card: CardNumber, pin: Pin | None, until: float) -> PatronAnswer:
    try:
        # The client keeps the deadline itself; this one is for whatever it might not notice.
        async with asyncio.timeout_at(until):
            return await ils.patron(card.value, None if pin is None else pin.digits)
    except TimeoutError:
        return TOO_LATE


async def _settle(
    desk: Desk, place: Place, asked: Asked, shown: Shown, answer: PatronAnswer, as_shown: CardNumber
) -> None:
    outcome = settled(answer.pin, answer.facts, contradiction=is_contradicted(answer))
    reached = may_have_counted(answer)
    numbers = [shown.card]
    own = card_from_text(answer.patron_id or "")
    if own == shown.card and outcome is Outcome.RIGHT:
        desk.confirmed.add(own)
    elif own is not None and own != shown.card and outcome is not Outcome.UNDECIDED:
        numbers.append(own)
    async with desk.database.session(place.scope) as session:
        await settle(session, desk.keys, place, asked, numbers, outcome, reached=reached)
        if outcome is Outcome.RIGHT and place.device is not None:
            await saw(session, place.consortium, as_shown)
