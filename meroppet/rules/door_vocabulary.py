"""The words of a door: what may happen at strike and leaf, what is to be done about it, and where it stands. Values."""

from dataclasses import dataclass
from enum import StrEnum

from meroppet.rules.branch import BranchState
from meroppet.rules.entry_vocabulary import Record, Release

EXIT_SECONDS = 5.0
LEASE_SECONDS = 10.0
"""What lockd gives at the most; whatever lasts longer is renewed."""
RENEW_BEFORE = 5.0
# The leaf may be moving when the strike falls back; what opens this soon after was let out or in.
GRACE_SECONDS = 1.0
SETTLE_SECONDS = 0.05
STUCK_SECONDS = 30.0
BOND_SECONDS = 3.0
PUSH_SECONDS = 1.0
MAIN = "main"
WAYS_OUT = frozenset({"exit", "fire"})
"""Causes of a release that nothing may stand against."""


class LockKind(StrEnum):
    """How a lock behaves. Which of the line's levels locks it is lockd's to know (fail-secure or fail-safe)."""

    STRIKE = "strike"
    """Locks behind a leaf that has opened, so that the release ends as the leaf leaves it."""
    MAGLOCK = "maglock"
    """As a strike; a sensor may say whether the magnet holds."""
    MOTOR = "motor"
    """Takes time to draw its bolt, and must not throw it while the leaf is open: the release ends as the leaf shuts."""


class Opener(StrEnum):
    """For whom an automatic opener pushes the leaf."""

    NONE = "none"
    ALL = "all"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What an installer has said of one leaf. `motor_seconds`: how long the bolt takes. `alarm`: its word is wired in.

    `fire_releases`: the fire alarm's word releases this lock too; the way out never depends on it. `night`: this lock
    stands free for as long as the branch is open, and another holds the leaf meanwhile.
    """

    lock: str = MAIN
    kind: LockKind = LockKind.STRIKE
    motor_seconds: float = 0.0
    opener: Opener = Opener.NONE
    fire_releases: bool = False
    alarm: bool = False
    bond: bool = False
    night: bool = False

    @property
    def hold_lease(self) -> str:
        """The lease under which this leaf stands free; lockd keeps all leases of a holder in one book."""
        return "hold" if self.lock == MAIN else f"hold-{self.lock}"

    @property
    def fire_lease(self) -> str:
        """The lease under which a fire keeps this leaf released."""
        return "fire" if self.lock == MAIN else f"fire-{self.lock}"


class Alarm(StrEnum):
    """What wants a person."""

    FORCED = "forced"
    HELD = "held"
    OPEN_LOCKED = "open_locked"
    UNBONDED = "unbonded"
    TAMPER = "tamper"
    EXIT_STUCK = "exit_stuck"
    FIRE = "fire"
    INTRUSION = "intrusion"
    ARM_REFUSED = "arm_refused"
    JOURNAL = "journal"
    QUIET = "quiet"


class Signal(StrEnum):
    """What those at the door are to hear."""

    HELD_SOON = "held_soon"
    HELD = "held"
    ALARM = "alarm"
    SILENCE = "silence"


class Latch(StrEnum):
    """What a restart must not undo."""

    FIRE = "fire"


# What may happen.
@dataclass(frozen=True, slots=True)
class Asked:
    """Another rule wants somebody let in; `lease` is a fresh identifier. `extended`: it is one who needs longer."""

    lease: str
    seconds: float
    cause: str
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """lockd answered: the lock is released under this lease until `until` (monotonic seconds, from before asking)."""

    lease: str
    cause: str
    until: float


@dataclass(frozen=True, slots=True)
class ReleaseRefused:
    """lockd said no or nothing; the lock is to be taken as locked."""

    lease: str
    cause: str


@dataclass(frozen=True, slots=True)
class Contact:
    """The door contact's word as it came, bounces and all; None: it does not answer."""

    is_open: bool | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The leaf has opened: the contact's word has stood."""


@dataclass(frozen=True, slots=True)
class Shut:
    """The leaf has shut: the contact's word has stood."""


@dataclass(frozen=True, slots=True)
class Found:
    """The door contact's first word, at the start or after it was lost: how the leaf stands, not that it moved."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class Bond:
    """Whether the lock's own sensor says that it holds the leaf; None: it does not answer."""

    holds: bool | None


@dataclass(frozen=True, slots=True)
class Exit:
    """The exit button was pressed; `lease` is a fresh identifier."""

    lease: str


@dataclass(frozen=True, slots=True)
class Button:
    """Whether the exit button is down now."""

    is_down: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """The state the branch is in, or None while it is not known; `free`: everybody may walk in without a card."""

    state: BranchState | None
    free: bool = False


@dataclass(frozen=True, slots=True)
class LockNow:
    """Staff have closed or locked down the branch: nobody is on the way in any more."""


@dataclass(frozen=True, slots=True)
class Fire:
    """The fire alarm's word."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class ResetFire:
    """A person says that there is no fire. `by`: order or input."""

    by: str


@dataclass(frozen=True, slots=True)
class Armed:
    """Whether the intruder alarm is armed; None: nobody says, so that it is to be taken as armed."""

    is_on: bool | None


@dataclass(frozen=True, slots=True)
class Intruder:
    """Whether the intruder alarm has gone off."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class Tamper:
    """Whether a cover is off or a line cut. `part`: box or reader."""

    part: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Happening = (
    Asked
    | Released
    | ReleaseRefused
    | Contact
    | Opened
    | Shut
    | Found
    | Bond
    | Exit
    | Button
    | Hours
    | LockNow
    | Fire
    | ResetFire
    | Armed
    | Intruder
    | Tamper
    | Tick
)


# What is to be done about it, in order.
@dataclass(frozen=True, slots=True)
class EndLease:
    """Tell lockd to lock now."""

    lease: str


@dataclass(frozen=True, slots=True)
class Push:
    """Have the automatic opener push the leaf: close its contact for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Raise:
    """Something wants a person; `rules.alarms` says what comes of it."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Lower:
    """It is over."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Sound:
    """Have those at the door hear it, until SILENCE or by itself."""

    signal: Signal


@dataclass(frozen=True, slots=True)
class Keep:
    """Put on disk, or take off it, what a restart must not undo; `begin` gets it back."""

    latch: Latch
    is_on: bool


Effect = Record | Release | EndLease | Push | Raise | Lower | Sound | Keep


# Where a door stands.
@dataclass(frozen=True, slots=True)
class Settling:
    """The contact's word that counts (None: none yet), and another that has come at `since` and must stand first."""

    word: bool | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of strike and leaf. `lease` lets somebody pass until `until`; a hold lasts until `hold_until`.

    Until `leaving_until` the leaf may open whatever lockd says: the exit button acts on the lock by wire too. Somebody
    who needs longer has the lock until `wanted_until`, lease after lease. Patience with an open leaf counts from
    `waits_from`. `fire_renew_at`: a fire keeps the lock released; `burning` lasts until a person resets it.
    """

    lease: str | None = None
    until: float = 0.0
    cause: str = ""
    wanted: str | None = None
    wanted_until: float = 0.0
    wanted_at: float | None = None
    hold_until: float | None = None
    opened_at: float | None = None
    waits_from: float = 0.0
    reminded: bool = False
    held_told: bool = False
    found: bool = False
    forced: bool = False
    extended: bool = False
    branch: BranchState | None = None
    renew_at: float | None = None
    leaving_until: float | None = None
    push_at: float | None = None
    fire: bool = False
    burning: bool = False
    fire_ended_told: bool = False
    fire_renew_at: float | None = None
    fire_until: float | None = None
    armed: bool | None = False
    intruder: bool = False
    tampered: frozenset[str] = frozenset()
    contact: Settling = Settling()
    down_since: float | None = None
    stuck: bool = False
    bond: bool | None = None
    unbonded_since: float | None = None
    unbonded_told: bool = False
    fitted: Fitted = Fitted()


Step = tuple[Door, tuple[Effect, ...]]


def begin(fitted: Fitted, latches: frozenset[Latch] = frozenset()) -> Door:
    """A door at its start: nothing is released, and where an alarm is wired in nobody has said that it is off.

    A fire nobody has reset still stands; it releases nothing until the fire alarm itself says so.
    """
    return Door(fitted=fitted, armed=None if fitted.alarm else False, burning=Latch.FIRE in latches)
