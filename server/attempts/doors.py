"""How many guesses a door has seen: whom it may still ask, the alarm, and staff's word that they have looked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from meroppet.rules.pin import KNOWN_CARDS_FROM, DoorMode, DoorStanding, door_mode
from meroppet.wire.access import AcknowledgedDocument
from server.attempts.models import PinDoor
from server.attempts.rows import failures_at, strays
from server.db import Session
from server.organisations.service import BranchView
from server.replication.service import publish

_OF_DEVICE = col(PinDoor.device_id) == bindparam("device")
_SITUATION = select(
    select(col(PinDoor.acknowledged_at)).where(_OF_DEVICE).scalar_subquery(),
    select(col(PinDoor.off_since)).where(_OF_DEVICE).scalar_subquery(),
    strays(),
)


@dataclass(frozen=True, slots=True)
class DoorView:
    """A door or kiosk whose guesses staff should look at."""

    device: str
    mode: DoorMode
    since: datetime
    failures: int
    """In the last day, those staff have seen included."""


async def situation(session: Session, device: str | None, register: str) -> tuple[DoorStanding, bool]:
    """Whom a device may ask for a PIN, as far as the server has counted; and whether there are strays to gather.

    `device` None, at a public page, may ask everybody.
    """
    row: Any = (await session.execute(_SITUATION, {"device": device, "register": register})).one()
    acknowledged_at, off_since, has_strays = row
    if device is None:
        return DoorStanding(), has_strays
    return door_mode(await failures_at(session, device), acknowledged_at, session.now, off_since), has_strays


async def watch(session: Session, controller: str, branch: str, device: str) -> None:
    """A device has seen one more failure: the first that makes it ask known cards only, or nobody, troubles staff."""
    seen = await _seen(session, device)
    acknowledged_at = seen.acknowledged_at if seen else None
    made = await failures_at(session, device)
    fresh = [at for at in made if acknowledged_at is None or at > acknowledged_at]
    if len(fresh) < KNOWN_CARDS_FROM:
        return
    # A pause hides the mode beneath it, which is what staff must know.
    off = door_mode(made, acknowledged_at, session.now).mode is DoorMode.OFF
    mode = DoorMode.OFF if off else DoorMode.KNOWN_CARDS
    if seen is not None and seen.mode in {mode.value, DoorMode.OFF.value}:
        return
    row = seen or PinDoor(
        consortium_id=_consortium(session), controller_id=controller, device_id=device, branch_id=branch
    )
    row.mode, row.since = mode.value, session.now
    row.off_since = session.now if off else None
    session.add(row)
    await session.flush()
    session.wake(f"branch:{branch}")


async def troubled(session: Session, branch: str) -> list[DoorView]:
    """The branch's devices that ask known cards only, or nobody, and nobody of the staff has acknowledged it."""
    statement = select(PinDoor).where(col(PinDoor.branch_id) == branch, col(PinDoor.mode) != DoorMode.OPEN.value)
    rows = await session.all(statement.order_by(col(PinDoor.device_id)))
    return [
        DoorView(row.device_id, DoorMode(row.mode), row.since, len(await failures_at(session, row.device_id)))
        for row in rows
    ]


async def acknowledge(session: Session, branch: BranchView, device: str, by: str) -> bool:
    """Staff have looked at a troubled device: it asks everybody again; False if it is not troubled.

    The caller writes the audit row.
    """
    row = await _seen(session, device)
    if row is None or row.branch_id != branch.id or row.mode == DoorMode.OPEN.value:
        return False
    row.mode, row.since, row.off_since = DoorMode.OPEN.value, None, None
    row.acknowledged_at, row.acknowledged_by = session.now, by
    await session.flush()
    told = AcknowledgedDocument(at=session.now)
    publish(session, branch.consortium, audience=branch.id, kind="acknowledged", key=device, value=told)
    session.wake(f"branch:{branch.id}")
    return True


async def _seen(session: Session, device: str) -> PinDoor | None:
    row = await session.scalar(select(PinDoor).where(col(PinDoor.device_id) == device))
    assert row is None or isinstance(row, PinDoor)  # noqa: S101 (narrowing)
    return row


def _consortium(session: Session) -> str:
    consortium = session.scope.consortium
    if consortium is None:
        raise ValueError("tries are counted within a consortium")
    return consortium
