"""What a consortium says of its cards, and which shapes of cards were right at its doors. No number is ever kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Executable, select
from sqlmodel import col

from meroppet.rules.card_formats import CardFormats
from meroppet.rules.card_shapes import Shape, rejected, shape_in, shape_of
from meroppet.rules.credentials import CardNumber
from meroppet.wire.cards import CardsDocument, cards_from_wire, cards_to_wire
from server.audit.service import Data, record
from server.cards.models import CardSetting, CardShape
from server.db import Scope, Session
from server.replication.service import publish


@dataclass(frozen=True, slots=True)
class SettingView:
    """A consortium's formats, and who said so when."""

    formats: CardFormats
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A shape, and how many times a card of it was right with its PIN."""

    shape: Shape
    times: int


@dataclass(frozen=True, slots=True)
class WouldReject:
    """Refused: cards of these shapes have been used, and would not be cards any more."""

    seen: tuple[Seen, ...]


async def setting_of(session: Session, consortium: str) -> SettingView | None:
    """What the consortium says of its cards; None: nothing, and every card is read as it is."""
    row = await session.scalar(select(CardSetting).where(col(CardSetting.consortium_id) == consortium))
    if row is None:
        return None
    return SettingView(cards_from_wire(CardsDocument.model_validate_json(row.document)), row.by, row.at)


async def shapes_seen(session: Session, consortium: str) -> list[Seen]:
    """The shapes of cards that were right, the most frequent first."""
    statement = select(CardShape).where(col(CardShape.consortium_id) == consortium)
    rows = await session.all(statement.order_by(col(CardShape.seen).desc(), col(CardShape.shape)))
    found = ((shape_in(row.shape), row.seen) for row in rows)
    return [Seen(shape, times) for shape, times in found if shape is not None]


async def saw(session: Session, consortium: str, card: CardNumber) -> None:
    """Remember the shape of a card that was right with its PIN; of a personnummer nothing. Needs the consortium."""
    today = session.now.date()
    shape = shape_of(card, today)
    if shape is None:
        return
    values = {"consortium_id": consortium, "shape": shape.text(), "seen": 1, "last_seen": today}
    await session.execute(session.built(_one_more), values)


def _one_more(session: Session) -> Executable:
    statement = session.insert(CardShape)
    grown = {"seen": col(CardShape.seen) + 1, "last_seen": statement.excluded.last_seen}
    return statement.on_conflict_do_update(index_elements=["consortium_id", "shape"], set_=grown)


async def say(
    session: Session, consortium: str, formats: CardFormats, by: str, scanned: Sequence[Shape] = ()
) -> WouldReject | None:
    """Let the consortium's devices read cards by these formats within a second; refused where cards seen were lost.

    `scanned` are shapes of cards somebody has just shown; they count as seen.
    """
    before = await setting_of(session, consortium)
    seen = [*await shapes_seen(session, consortium), *(Seen(shape, 0) for shape in scanned)]
    lost = rejected(formats, before.formats if before else None, (own.shape for own in seen))
    if lost:
        return WouldReject(tuple({own.shape: own for own in reversed(seen) if own.shape in lost}.values()))
    document = cards_to_wire(formats)
    values = {"document": document.model_dump_json(), "by": by, "at": session.now}
    statement = session.insert(CardSetting).values(consortium_id=consortium, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["consortium_id"], set_=values))
    publish(session, consortium, audience=consortium, kind="cards", value=document)
    await record(session, "cards.set", by, Scope.of_consortium(consortium), _said(formats))
    return None


async def unsay(session: Session, consortium: str, by: str) -> bool:
    """Read every card as it is again; False where nothing was said."""
    row = await session.scalar(select(CardSetting).where(col(CardSetting.consortium_id) == consortium))
    if row is None:
        return False
    await session.delete(row)
    await session.flush()
    publish(session, consortium, audience=consortium, kind="cards", value=None)
    await record(session, "cards.unset", by, Scope.of_consortium(consortium), {})
    return True


def _said(formats: CardFormats) -> Data:
    return {
        "printed": len(formats.barcodes),
        "phone": formats.phone is not None,
        "chip": formats.chip is not None,
        "tag": formats.patron_tag is not None,
        "personnummer": formats.personnummer,
    }
