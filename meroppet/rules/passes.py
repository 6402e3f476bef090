"""Passes: tags and codes of those who come in for other reasons than to borrow; when each opens the door. Pure.

A pass is no patron's right: it is asked before the register is, and what a patron must fulfil is not asked of it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.reasons import Reason
from meroppet.rules.weekly import NEVER, Weekly, is_within, require_weekly


class PassKind(StrEnum):
    """Whom a pass was made for."""

    STAFF = "staff"
    CLEANER = "cleaner"
    GUARD = "guard"
    CARETAKER = "caretaker"
    RESCUE = "rescue"
    VISITOR = "visitor"
    GROUP_HOST = "group_host"


IN_EMERGENCY = frozenset({PassKind.GUARD, PassKind.RESCUE})
"""Whom a branch lets in that is closed in an emergency."""
BY_CODE = frozenset({PassKind.VISITOR, PassKind.GROUP_HOST})
"""Who gets a code and no tag, for a time that ends, and never `always`."""
CODE_DIGITS = 8
"""How long a code is: longer than any PIN and shorter than a personnummer, so that a keypad tells them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass. What opens by it, beside its time (`valid_from` up to, and not at, `valid_until`):

    * `windows`, if there are any: in them it opens, whether the branch is open or closed by its hours;
    * `always`: it opens at every hour, also when the branch is closed or under maintenance;
    * neither: it opens while the branch is open.

    `once`: the first use ends it. `verifier`: what its own PIN is checked by (meroppet.wire.pin_verifier); None asks
    for none. Raises ValueError where these contradict each other.
    """

    id: str
    kind: PassKind
    windows: Weekly = NEVER
    always: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    once: bool = False
    verifier: bytes | None = None

    def __post_init__(self) -> None:
        require_weekly(self.windows, "pass")
        if self.always and (any(self.windows) or self.kind in BY_CODE):
            raise ValueError("pass: who may always come in has no windows of her own, and a code is never for always")
        if any(moment is not None and moment.utcoffset() is None for moment in (self.valid_from, self.valid_until)):
            raise ValueError("pass: a time needs its offset")


def may_use(held: Pass, now: datetime, state: BranchState, *, used: bool = False, paused: bool = False) -> Reason:
    """GRANTED, or why this pass does not open the door: PASS_EXPIRED, PASS_USED or PASS_NOT_NOW.

    `now` is aware and in the branch's zone; `state` is the one the door acts by; `used`: it has opened a door before;
    `paused`: nobody new is let in though the branch is open (last entry, emptying). That holds for who comes in by the
    branch's hours, and not for who comes in by her own.
    """
    if held.valid_until is not None and now >= held.valid_until:
        return Reason.PASS_EXPIRED
    if held.once and used:
        return Reason.PASS_USED
    is_soon = held.valid_from is not None and now < held.valid_from
    return Reason.PASS_NOT_NOW if is_soon or not _is_its_time(held, now, state, paused) else Reason.GRANTED


def _is_its_time(held: Pass, now: datetime, state: BranchState, paused: bool) -> bool:
    if state is BranchState.EMERGENCY_CLOSED and held.kind not in IN_EMERGENCY:
        return False
    if held.always:
        return True
    if any(held.windows):
        # Under maintenance the floor may be open: nobody walks there who was not approved for always.
        return state is not BranchState.MAINTENANCE and is_within(held.windows, now)
    return state in OPEN and not paused
