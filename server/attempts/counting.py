"""What one try makes of a card's count: pure, so that the simulation of a year asks what the server asks."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from meroppet.ils.ports import PatronAnswer, PatronReason, UnavailableCause
from meroppet.rules.pin import CARD_CAPS, CARD_TOTAL, CardLock, DoorMode, DoorStanding, Outcome, card_lock, may_send

_NEVER_SENT = {UnavailableCause.BREAKER_OPEN, UnavailableCause.REFUSED, UnavailableCause.NOT_ENCRYPTED}
_NOTHING_TO_SEND = {PatronReason.BAD_INPUT, PatronReason.NO_PIN}


class Sending(StrEnum):
    """What becomes of a PIN: it goes to the register, it is kept and counted, or not even looked at."""

    SENT = "sent"
    WITHHELD = "withheld"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CardCount:
    """A card's failures since its last right PIN: those young enough to be dated, all, and in a row at its register."""

    dated: tuple[datetime, ...] = ()
    failures: int = 0
    in_a_row: int = 0

    def lock(self, now: datetime) -> CardLock | None:
        """How long the card is locked, None if it is not."""
        return card_lock(self.dated, now, max(0, self.failures - len(self.dated)))


def sending(
    card: CardCount, door: DoorStanding, limit: int | None, *, agreed: bool, now: datetime, from_afar: bool = False
) -> Sending:
    """What becomes of a PIN that was typed; `limit` is the register's own, `agreed` a learned verifier's word.

    Nothing is learned from what is refused, so it is no try; of what is withheld whoever agreed has been an oracle, so
    it is one. `from_afar`: at a public page, where anybody may type anybody's number.
    """
    if door.mode in {DoorMode.OFF, DoorMode.PAUSED} or card.lock(now) is not None:
        return Sending.REFUSED
    if from_afar and not _may_try_from_afar(card, now):
        return Sending.REFUSED
    return Sending.SENT if may_send(card.in_a_row, limit, agreed=agreed) else Sending.WITHHELD


def _may_try_from_afar(card: CardCount, now: datetime) -> bool:
    """Whether one more wrong PIN would leave the card its tries at a door: nobody is to be locked out from a sofa."""
    lately = sum(now - at < CARD_CAPS[-1].within for at in card.dated)
    return lately < CARD_CAPS[0].failures - 1 and card.failures < CARD_TOTAL - CARD_CAPS[0].failures


def begun(card: CardCount, what: Sending, now: datetime) -> CardCount:
    """The count after a try that is not refused, before anybody is asked: taken for wrong until it is settled."""
    return CardCount((*card.dated, now), card.failures + 1, card.in_a_row + (what is Sending.SENT))


def after(card: CardCount, at: datetime, outcome: Outcome, *, reached: bool, agreed: bool) -> CardCount:
    """The count after a try begun `at` is settled; `reached`: the register may have counted the PIN, right or wrong.

    What a learned verifier agreed with and nobody answered was right as far as anybody knows, and is not counted
    towards the register's lock.
    """
    match outcome:
        case Outcome.WRONG | Outcome.OPEN:
            return card
        case Outcome.RIGHT:
            return CardCount()
        case Outcome.UNDECIDED:
            dated = list(card.dated)
            if at in dated:
                dated.remove(at)
            given_back = 0 if reached and not agreed else 1
            return replace(
                card,
                dated=tuple(dated),
                failures=max(0, card.failures - 1),
                in_a_row=max(0, card.in_a_row - given_back),
            )


def may_have_counted(answer: PatronAnswer) -> bool:
    """Whether the register may have seen the PIN of a question that was answered so."""
    return answer.cause not in _NEVER_SENT and answer.reason not in _NOTHING_TO_SEND
