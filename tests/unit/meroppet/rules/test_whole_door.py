"""A stateful machine over entry and door with a shell that may fail anywhere: what must never happen, does not."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meroppet.rules import door, entry
from meroppet.rules.access import Answer, Site
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import PatronFacts, Policy, Right, StaffedDoor
from meroppet.rules.events import AccessGranted, Event
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
FACTS = PatronFacts(valid=True, birth_date=date(1980, 5, 1))
PERSONAL = {
    Reason.SUSPENDED,
    Reason.NO_PERMISSION,
    Reason.PERMISSION_EXPIRED,
    Reason.CARD_EXPIRED,
    Reason.CARD_LOST,
    Reason.ILS_BLOCK,
    Reason.FEES,
    Reason.CATEGORY,
    Reason.UNDERAGE,
}
answers = st.builds(
    Answer,
    pin=st.sampled_from(PinAnswer),
    facts=st.sampled_from([None, FACTS, replace(FACTS, valid=False), replace(FACTS, lost=True)]),
    as_of=st.just(NOW),
    right=st.sampled_from([None, Right(permitted=True), Right(permitted=False)]),
    contradiction=st.booleans(),
)


class WholeDoor(RuleBasedStateMachine):
    """The rules with a model of journal, counters and lockd around them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.entry: entry.Entry = entry.Idle()
        self.door = door.Door()
        self.state, self.trust = BranchState.SELF_SERVICE, ClockTrust.NTP
        self.policy: Policy | None = Policy(minimum_age=16)
        self.disk_works = self.lock_works = True
        self.attempts = 0
        self.journal: list[Event] = []
        self.counted: set[str] = set()
        self.sent: list[entry.Verify | entry.Recall] = []
        self.right_pins: set[str] = set()
        self.leases: dict[str, tuple[float, str]] = {}
        self.told: list[Reason] = []

    # The shell, as a model

    def site(self) -> Site:
        return Site(now=NOW, today=date(2026, 11, 23), clock=self.trust, state=self.state, policy=self.policy)

    def enter(self, happening: entry.Happening) -> None:
        self.entry, effects = entry.step(self.entry, happening, self.site(), self.now)
        for effect in effects:
            if not self.perform(effect):
                assert not isinstance(happening, entry.Failed)
                self.enter(entry.Failed())
                return

    def happen(self, happening: door.Happening) -> None:
        self.door, effects = door.step(self.door, happening, self.policy, self.now)
        for effect in effects:
            match effect:
                case entry.Release():
                    self.release(effect)
                case door.EndLease(lease):
                    self.leases.pop(lease, None)
                case entry.Record(event) if self.disk_works:
                    self.journal.append(event)
                case _:
                    pass

    def perform(self, effect: entry.Effect) -> bool:
        match effect:
            case entry.Count(attempt) if self.disk_works:
                self.counted.add(attempt)
            case entry.Record(event) if self.disk_works:
                self.journal.append(event)
            case entry.Count() | entry.Record() | entry.Settle() if not self.disk_works:
                return False
            case entry.Verify(attempt) | entry.Recall(attempt):
                assert attempt in self.counted, "a PIN is checked that was not counted"
                self.sent.append(effect)
            case entry.Release(lease):
                assert AccessGranted in map(type, self.journal[-1:]), "nothing opens that is not on disk"
                assert self.journal[-1].detail()["attempt"] == lease
                assert self.state is not BranchState.CLOSED
                assert self.trust is not ClockTrust.NONE
                assert lease in self.right_pins, "nobody comes in without a right PIN"
                return self.release(effect)
            case entry.Tell(reason):
                self.tell(reason)
            case _:
                pass
        return True

    def tell(self, reason: Reason) -> None:
        if reason in PERSONAL:
            assert self.right_pins, "nothing personal is told before a right PIN"
        self.told.append(reason)

    def release(self, effect: entry.Release) -> bool:
        assert 0 < effect.seconds <= 10.0
        if self.lock_works:
            self.leases[effect.lease] = (self.now + effect.seconds, effect.cause)
            self.happen(door.Released(effect.lease, effect.cause, self.now + effect.seconds))
        else:
            self.happen(door.ReleaseRefused(effect.lease, effect.cause))
        return self.lock_works

    # What may happen

    @rule(card=st.sampled_from([None, CardNumber("A1000001"), CardNumber("B2000002")]), locked=st.booleans())
    def tap(self, card: CardNumber | None, locked: bool) -> None:
        self.attempts += 1
        self.enter(entry.Card(card, f"t{self.attempts}", card_locked=locked))

    @rule(keys=st.lists(st.sampled_from("12345A") | st.sampled_from([entry.OK, entry.CANCEL]), max_size=5))
    def type(self, keys: list[str]) -> None:
        for key in keys:
            self.enter(entry.Key(key))

    @rule(digits=st.just("1234"))
    def type_a_pin(self, digits: str) -> None:
        for digit in digits:
            self.enter(entry.Key(digit))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), answer=answers)
    def answer(self, data: st.DataObject, answer: Answer) -> None:
        asked = data.draw(st.sampled_from(self.sent))
        current = isinstance(self.entry, entry.Verifying) and self.entry.attempt == asked.attempt
        if current and answer.pin is PinAnswer.RIGHT and answer.facts is not None:
            self.right_pins.add(asked.attempt)
        self.enter(entry.Verified(asked.attempt, answer, "cached" if isinstance(asked, entry.Recall) else "ils"))

    @rule(seconds=st.sampled_from([0.0, 0.2, 1.0, 2.5, 5.0, 11.0, 40.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.leases = {lease: kept for lease, kept in self.leases.items() if kept[0] > self.now}
        self.enter(entry.Tick())
        self.happen(door.Tick())

    @rule()
    def press_exit(self) -> None:
        self.happen(door.Exit(f"e{self.now}-{self.attempts}"))
        assert not self.lock_works or self.leases, "the way out is never shut"

    @rule(is_open=st.booleans())
    def move_leaf(self, is_open: bool) -> None:
        self.happen(door.Opened() if is_open else door.Shut())

    @rule(state=st.sampled_from(BranchState), trust=st.sampled_from(ClockTrust))
    def change_hours(self, state: BranchState, trust: ClockTrust) -> None:
        self.state, self.trust = state, trust
        self.look()

    @rule(
        policy=st.sampled_from(
            [
                None,
                *(
                    Policy(minimum_age=16, staffed_door=way, offline_pin=offline)
                    for way in StaffedDoor
                    for offline in (True, False)
                ),
            ]
        )
    )
    def change_policy(self, policy: Policy | None) -> None:
        self.policy = policy
        self.look()

    def look(self) -> None:
        known = self.policy is not None and self.trust is not ClockTrust.NONE
        self.happen(door.Hours(self.state if known else None))

    @rule(disk=st.booleans(), lock=st.booleans())
    def break_or_mend(self, disk: bool, lock: bool) -> None:
        self.disk_works, self.lock_works = disk, lock
        if not lock:
            # lockd is gone, and with it every lease.
            self.leases.clear()

    # What must hold

    @invariant()
    def a_hold_needs_staff(self) -> None:
        if any(cause == "staffed" for _, cause in self.leases.values()):
            assert self.state is BranchState.STAFFED
            assert self.policy is not None
            assert self.policy.staffed_door is StaffedDoor.FREE
            assert self.trust is not ClockTrust.NONE

    @invariant()
    def unlocked_only_under_a_lease_of_at_most_ten_seconds(self) -> None:
        assert all(self.now < until <= self.now + 10.0 for until, _ in self.leases.values())


TestWholeDoor = WholeDoor.TestCase
TestWholeDoor.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
