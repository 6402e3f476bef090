"""Strike and lockd over arbitrary happenings: what the door believes of its leases is what lockd holds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from meroppet.rules.branch import BranchState
from meroppet.rules.door import (
    EXIT_SECONDS,
    GRACE_SECONDS,
    RENEW_BEFORE,
    Door,
    EndLease,
    Exit,
    Found,
    Happening,
    Hours,
    Opened,
    Released,
    ReleaseRefused,
    Shut,
    Tick,
    due,
    step,
)
from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.entry import Record, Release
from meroppet.rules.events import DoorForced, DoorOpened, Event

POLICIES = [None, Policy(minimum_age=16), Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)]


class Strike(RuleBasedStateMachine):
    """lockd as a dictionary of leases; an answer may be refused, and time passes as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.door = Door()
        self.policy: Policy | None = POLICIES[1]
        self.branch: BranchState | None = None
        self.lockd: dict[str, float] = {}
        self.answers = True
        self.asked_until = -1.0
        self.leaf_open = False
        self.journal: list[Event] = []
        self.drawn = 0

    def happen(self, happening: Happening) -> None:
        self.door, effects = step(self.door, happening, self.policy, self.now)
        if isinstance(happening, Exit):
            assert isinstance(effects[0], Release), "on the way out the strike comes first"
        for effect in effects:
            match effect:
                case Record(event):
                    self.journal.append(event)
                case EndLease(lease):
                    self.lockd.pop(lease, None)
                case Release():
                    self.release(effect)

    def release(self, release: Release) -> None:
        assert 0 < release.seconds <= 10.0
        until = self.now + release.seconds
        if self.answers:
            self.lockd[release.lease] = until
            self.happen(Released(release.lease, release.cause, until))
        else:
            self.happen(ReleaseRefused(release.lease, release.cause))

    def fresh(self) -> str:
        self.drawn += 1
        return f"lease-{self.drawn}"

    @rule(seconds=st.sampled_from([3.0, 5.0, 10.0]))
    def grant(self, seconds: float) -> None:
        self.release(Release(self.fresh(), seconds, "granted"))

    @rule()
    def press(self) -> None:
        self.asked_until = self.now + EXIT_SECONDS + GRACE_SECONDS
        self.happen(Exit(self.fresh()))
        assert bool(self.lockd) or not self.answers, "the way out never waits"

    @rule(seconds=st.floats(0.0, 12.0))
    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (wanted := due(self.door, self.policy)) is not None and wanted <= end:
            self.pass_to(max(self.now, wanted))
            before = self.door
            self.happen(Tick())
            assert self.door != before, "a tick that was asked for leads on"
        self.pass_to(end)

    def pass_to(self, moment: float) -> None:
        self.now = moment
        self.lockd = {lease: until for lease, until in self.lockd.items() if until > moment}

    @rule(answers=st.booleans())
    def fall_silent(self, answers: bool) -> None:
        self.answers = answers

    @rule(state=st.sampled_from([None, *BranchState]), policy=st.sampled_from(POLICIES))
    def change(self, state: BranchState | None, policy: Policy | None) -> None:
        self.branch, self.policy = state, policy
        self.happen(Hours(state, free=self.is_free()))

    def is_free(self) -> bool:
        if self.branch is BranchState.EVENT:
            return self.policy is not None
        return self.branch is BranchState.STAFFED and self.policy is POLICIES[2]

    @rule()
    def move_leaf(self) -> None:
        unlocked = bool(self.lockd)
        hold = self.door.hold_until
        told = len(self.journal)
        self.leaf_open = not self.leaf_open
        self.happen(Opened() if self.leaf_open else Shut())
        if self.leaf_open and unlocked:
            assert DoorOpened() in self.journal[told:], "who was let in or out forced nothing"
        if DoorForced() in self.journal[told:]:
            assert self.now > self.asked_until, "who asked to leave broke nothing"
            assert hold is None or self.now > hold
        if self.leaf_open:
            self.asked_until = -1.0
            assert set(self.lockd) <= {"hold"}, "one release, one passage"

    @rule(is_open=st.booleans())
    def find_leaf(self, is_open: bool) -> None:
        moved, self.leaf_open = is_open != self.leaf_open, is_open
        told = len(self.journal)
        self.happen(Found(is_open))
        assert DoorForced() not in self.journal[told:], "nobody saw it open"
        if moved and is_open:
            self.asked_until = -1.0
            assert set(self.lockd) <= {"hold"}, "one release, one passage"

    @invariant()
    def the_door_knows_every_lease(self) -> None:
        assert set(self.lockd) <= {self.door.lease, "hold"}

    @invariant()
    def a_hold_lives_only_while_the_door_stands_free(self) -> None:
        free = self.is_free()
        assert (self.door.renew_at is not None) is free
        assert free or "hold" not in self.lockd
        assert not free or self.door.renew_at is None or self.door.renew_at <= self.now + RENEW_BEFORE


TestStrike = Strike.TestCase
TestStrike.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
