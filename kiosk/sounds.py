"""What is heard besides being seen: a rising tone for done, a falling one for no. A PIN's keys make no sound here."""

from hardware.ports import Tone
from meroppet.rules.session import LineState, Screen, Session


def tone_between(before: Session, after: Session) -> Tone | None:
    """The sound that goes with a change of the session, if any."""
    if after.screen is Screen.REFUSED and before.screen is not Screen.REFUSED:
        return Tone.FALLING
    if _count(after, LineState.REFUSED) > _count(before, LineState.REFUSED):
        return Tone.FALLING
    if _count(after, LineState.DONE) > _count(before, LineState.DONE):
        return Tone.RISING
    return Tone.RISING if after.screen is Screen.ITEMS and before.screen is Screen.CHECKING else None


def _count(session: Session, state: LineState) -> int:
    return sum(line.state is state for line in session.lines)
