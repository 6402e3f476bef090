"""What the page shows, made from the session and its surroundings; the templates only lay it out."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kiosk.opening import Opening, opening_at
from kiosk.ports import Branch
from kiosk.presentation import Presentation
from kiosk.session import SessionShell
from meroppet.rules.branch import BranchState
from meroppet.rules.checkout import WARN_SECONDS, seconds_left
from meroppet.rules.notices import Notice
from meroppet.rules.session import LineState, Screen, Session
from meroppet.runtime.clock import Clock

NIGHT_BEGINS = 22
NIGHT_ENDS = 6


@dataclass(frozen=True, slots=True)
class View:
    """One picture of the screen; two equal views look the same."""

    session: Session
    presentation: Presentation
    branch: Branch
    linked: bool
    now: datetime
    opening: Opening | None
    closing_in: int | None
    forgotten: bool

    @property
    def dark(self) -> bool:
        """Whether the screen sleeps: nobody is before it and it is night or the branch is closed by its hours.

        By day, what has closed it out of its hours is to be seen from the other end of the room.
        """
        night = self.now.hour >= NIGHT_BEGINS or self.now.hour < NIGHT_ENDS
        shut = self.opening is not None and self.opening.state is BranchState.CLOSED
        return self.session.screen is Screen.IDLE and (night or shut)

    @property
    def notice(self) -> Notice | None:
        """What those inside must know by now of the hours, whatever they are doing."""
        return self.opening.notice if self.opening is not None else None

    @property
    def ended(self) -> bool:
        """Whether the branch has been closed around somebody, who may finish."""
        shut = self.opening is not None and not self.opening.is_open
        return shut and self.session.screen is not Screen.IDLE

    @property
    def warning(self) -> bool:
        """Whether to ask if somebody is still there; a receipt just goes."""
        quiet = {Screen.IDLE, Screen.RECEIPT, Screen.REFUSED}
        return self.closing_in is not None and self.session.screen not in quiet

    @property
    def done(self) -> int:
        """How many items have been borrowed or given back."""
        return sum(line.state is LineState.DONE for line in self.session.lines)


def view(kiosk: SessionShell, branch: Branch, linked: bool, clock: Clock) -> View:
    """The screen now."""
    moment = clock.now().astimezone(ZoneInfo(branch.zone))
    left = seconds_left(kiosk.session, clock.monotonic())
    return View(
        session=kiosk.session,
        presentation=kiosk.presentation,
        branch=branch,
        linked=linked,
        now=moment.replace(second=0, microsecond=0),
        opening=opening_at(branch.hours, moment) if branch.hours else None,
        closing_in=max(0, round(left)) if left is not None and left <= WARN_SECONDS else None,
        forgotten=kiosk.forgotten,
    )
