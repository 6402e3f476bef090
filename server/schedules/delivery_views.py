"""Whether the doors and kiosks have a change of hours, counted and named; kept up to date where it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import Request
from starlette.responses import StreamingResponse

from meroppet.wire.enrolment import DeviceKind
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.delivery import DeliveryRow, delivery, number_of_change
from server.schedules.history import ChangeView
from server.web.gate import ALL_BRANCHES
from server.web.live import live
from server.web.parts import StaffParts

RUNS_OUT_WITHIN = timedelta(days=14)
NAMED = 5
"""Devices that lack it are named up to this many; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The devices of one or more branches, and who has it. Lists hold those that lack it, the silent ones first."""

    rows: tuple[DeliveryRow, ...]
    branches: int
    today: date

    @property
    def have(self) -> int:
        """How many have it."""
        return sum(1 for row in self.rows if row.has_it)

    @property
    def only_doors(self) -> bool:
        """Whether "doors" is the right word for all of them."""
        return all(row.kind is DeviceKind.DOOR for row in self.rows)

    @property
    def lacking(self) -> tuple[DeliveryRow, ...]:
        """Those that do not have it yet."""
        return tuple(sorted((row for row in self.rows if not row.has_it), key=lambda row: not row.is_silent))

    @property
    def named(self) -> tuple[DeliveryRow, ...]:
        """Those of the lacking that are named."""
        return self.lacking[:NAMED]

    @property
    def running_out(self) -> tuple[DeliveryRow, ...]:
        """Devices whose hours end soon: a door that has none is closed."""
        last = self.today + RUNS_OUT_WITHIN
        return tuple(row for row in self.rows if row.hours_until is not None and row.hours_until <= last)


async def of_change(session: Session, branches: Sequence[BranchView], change: ChangeView) -> Delivered:
    """How far a change has come at these branches. The session's scope must hold them all."""
    return await of_number(session, branches, await number_of_change(session, change))


async def of_number(session: Session, branches: Sequence[BranchView], number: int) -> Delivered:
    """The same, by the number under which it was published."""
    rows = await delivery(session, branches, number)
    return Delivered(tuple(rows), len(branches), session.now.astimezone(branches[0].wall).date())


def delivery_stream(
    request: Request, parts: StaffParts, branches: Sequence[BranchView], change: ChangeView
) -> StreamingResponse:
    """parts/delivery.html for a change, whenever it reads otherwise."""
    lang = parts.pages.language(request)

    async def render() -> str:
        async with parts.database.reading(ALL_BRANCHES) as session:
            delivered = await of_change(session, branches, change)
            now = session.now
        return parts.pages.html("parts/delivery.html", lang, delivery=delivered, now=now)

    topics = sorted({f"branch:{view.id}" for view in branches} | {view.consortium for view in branches})
    return live(request, parts, topics, render)
