"""A stateful machine over entry and door with a shell that may fail anywhere: what must never happen, does not."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meroppet.rules import door, entry
from meroppet.rules.access import Answer, Site, stands_free
from meroppet.rules.branch import OPEN, BranchState, ClockTrust
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import PatronFacts, Policy, Right, StaffedDoor
from meroppet.rules.events import AccessGranted, Event
from meroppet.rules.passes import Pass, PassKind, may_use
from meroppet.rules.pin import PinAnswer
from meroppet.rules.policy import PinCheck, WithoutConnection
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
    Reason.INVITED_ONLY,
}
A, B = CardNumber("A1000001"), CardNumber("B2000002")
TODAY = date(2026, 11, 23)
VOUCHED = Right(permitted=True, facts_ok_until=TODAY)
TAGS = st.sampled_from(
    [
        entry.Tag(Pass(id="p1", kind=PassKind.CLEANER, always=True, verifier=b"v"), NOW),
        entry.Tag(Pass(id="p2", kind=PassKind.GUARD, verifier=b"v"), NOW, used=True),
        entry.Tag(Pass(id="p3", kind=PassKind.VISITOR, once=True), NOW),
        entry.Tag(Pass(id="p3", kind=PassKind.VISITOR, once=True), NOW, used=True),
        entry.Tag(Pass(id="p4", kind=PassKind.RESCUE, always=True, verifier=b"v")),
    ]
)
POLICIES = st.builds(
    Policy,
    minimum_age=st.just(16),
    staffed_door=st.sampled_from(StaffedDoor),
    offline_pin=st.booleans(),
    pin_check=st.sampled_from(PinCheck),
    without_connection=st.sampled_from(WithoutConnection),
    number_entry=st.booleans(),
)
LISTS = st.sampled_from([frozenset[str](), frozenset({"a"}), frozenset({"a", "b"})])
SUBJECTS = {A: "a", B: "b"}
ASKS = entry.Verify | entry.Recall | entry.CheckTag
answers = st.builds(
    Answer,
    pin=st.sampled_from(PinAnswer),
    facts=st.sampled_from([None, FACTS, replace(FACTS, valid=False), replace(FACTS, lost=True)]),
    as_of=st.just(NOW),
    right=st.sampled_from([None, Right(permitted=True), VOUCHED, Right(permitted=False)]),
    contradiction=st.booleans(),
)


class WholeDoor(RuleBasedStateMachine):
    """The rules with a model of journal, counters and lockd around them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.entry: entry.Entry = entry.Idle()
        self.door = door.Door()
        self.trust = ClockTrust.NTP
        self.hours: dict[str, object] = {"state": BranchState.SELF_SERVICE}
        self.policy: Policy | None = Policy(minimum_age=16)
        self.disk_works = self.lock_works = True
        self.attempts = 0
        self.journal: list[Event] = []
        self.counted: set[str] = set()
        self.sent: list[ASKS] = []
        self.tags: dict[str, entry.Tag] = {}
        self.answered: dict[str, tuple[str, Answer]] = {}
        self.right_pins: set[str] = set()
        self.subjects: dict[str, str] = {}
        self.leases: dict[str, tuple[float, str]] = {}
        self.told: list[Reason] = []

    # The shell, as a model

    def site(self) -> Site:
        here = Site(now=NOW, today=TODAY, clock=self.trust, state=BranchState.CLOSED, policy=self.policy)
        return replace(here, **self.hours)  # type: ignore[arg-type]

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
            case entry.Count() | entry.Record() if not self.disk_works:
                return False
            case entry.Verify(attempt) | entry.Recall(attempt) | entry.CheckTag(attempt):
                assert attempt in self.counted, "a PIN is checked that was not counted"
                assert isinstance(effect, entry.CheckTag) is (attempt in self.tags), "each is asked of its own"
                self.sent.append(effect)
            case entry.Recheck(attempt):
                assert AccessGranted(attempt, entry.LEARNED) in self.journal
            case entry.Identify(number):
                self.show(number, None, None, typed=True)
            case entry.Release(lease):
                assert AccessGranted in map(type, self.journal[-1:]), "nothing opens that is not on disk"
                granted = self.journal[-1].detail()
                assert granted["attempt"] == lease
                assert lease in self.counted
                self.assert_let_in(lease, str(granted["checked"]))
                return self.release(effect)
            case entry.Tell(reason):
                self.tell(reason)
            case _:
                pass
        return True

    def assert_let_in(self, lease: str, checked: str) -> None:
        assert self.trust is not ClockTrust.NONE
        tag = self.tags.get(lease)
        assert (checked == entry.PASS) is (tag is not None)
        if tag is not None:
            here = self.site()
            assert may_use(tag.pass_, here.now, here.in_force, used=tag.used) is Reason.GRANTED
            assert tag.as_of is not None, "nobody knows whether the tag was taken back"
            assert tag.pass_.verifier is None or lease in self.right_pins, "a tag with a PIN needs it"
            return
        self.assert_open_for(self.subjects[lease])
        if checked == entry.CARD_ALONE:
            assert self.policy is not None
            assert self.policy.without_connection is WithoutConnection.CARD_ONLY
            assert self.answered[lease][1].right == VOUCHED
            assert lease not in self.right_pins
        else:
            assert lease in self.right_pins, "nobody comes in without a right PIN"

    def assert_open_for(self, subject: str) -> None:
        here = self.site()
        assert here.pause is None or subject in here.staff
        if here.in_force is BranchState.CLOSED:
            assert here.state is BranchState.STAFFED
            assert here.staff_awaited
        if here.in_force not in OPEN:
            assert subject in here.staff, "only the staff's list opens a branch that is not open"
        if here.in_force is BranchState.EVENT and here.listed_only:
            assert subject in here.invited, "an event for the invited is for them"

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

    @rule(card=st.sampled_from([None, A, B]), locked=st.booleans(), tag=st.none() | TAGS, typed=st.booleans())
    def tap(self, card: CardNumber | None, locked: bool, tag: entry.Tag | None, typed: bool) -> None:
        self.show(card, Reason.PIN_LOCKED if locked else None, tag, typed=typed)

    def show(self, card: CardNumber | None, gate: Reason | None, tag: entry.Tag | None, *, typed: bool) -> None:
        self.attempts += 1
        attempt = f"t{self.attempts}"
        self.subjects[attempt] = SUBJECTS.get(card, "") if card else ""
        if tag is not None:
            self.tags[attempt] = tag
        self.enter(entry.Card(card, attempt, gate, self.subjects[attempt], tag, typed))

    @rule(keys=st.lists(st.sampled_from("12345A") | st.sampled_from([entry.OK, entry.CANCEL]), max_size=13))
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
        self.hear(data.draw(st.sampled_from(self.sent)), answer)

    def hear(self, asked: ASKS, answer: Answer) -> None:
        current = isinstance(self.entry, entry.Verifying) and self.entry.attempt == asked.attempt
        is_tag = isinstance(asked, entry.CheckTag)
        if current and answer.pin is PinAnswer.RIGHT and (is_tag or answer.facts is not None):
            self.right_pins.add(asked.attempt)
        checked = {entry.Recall: entry.LEARNED, entry.CheckTag: entry.PASS}.get(type(asked), entry.REGISTER)
        if current and isinstance(asked, entry.Recall):
            self.answered[asked.attempt] = (checked, answer)
        self.enter(entry.Verified(asked.attempt, answer, checked))

    @rule(
        card=st.sampled_from([A, B]),
        tag=st.none() | TAGS,
        pin=st.sampled_from([PinAnswer.RIGHT, PinAnswer.UNAVAILABLE, PinAnswer.UNAVAILABLE]),
        right=st.sampled_from([None, Right(permitted=True), VOUCHED]),
    )
    def try_it(self, card: CardNumber, tag: entry.Tag | None, pin: PinAnswer, right: Right | None) -> None:
        """A whole attempt of somebody at a door where nobody is, with the net or without."""
        self.pass_time(40.0)
        self.pass_time(40.0)
        self.show(card, None, tag, typed=False)
        self.type_a_pin("1234")
        facts = FACTS if pin is PinAnswer.RIGHT else None
        for asked in range(2):
            if isinstance(self.entry, entry.Verifying) and len(self.sent) > asked:
                self.hear(self.sent[-1], Answer(pin=pin, facts=facts, as_of=NOW, right=right))

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

    @rule(
        trust=st.sampled_from(ClockTrust),
        hours=st.fixed_dictionaries(
            {
                "state": st.sampled_from(BranchState),
                "beneath": st.sampled_from([BranchState.CLOSED, BranchState.SELF_SERVICE]),
                "listed_only": st.booleans(),
                "pause": st.sampled_from([None, None, Pause(PauseKind.EMPTYING, NOW)]),
                "staff_awaited": st.booleans(),
                "staff": LISTS,
                "invited": LISTS,
            }
        ),
    )
    def change_hours(self, trust: ClockTrust, hours: dict[str, object]) -> None:
        self.trust, self.hours = trust, hours
        self.look()

    @rule(policy=st.none() | POLICIES)
    def change_policy(self, policy: Policy | None) -> None:
        self.policy = policy
        self.look()

    def look(self) -> None:
        known = self.policy is not None and self.trust is not ClockTrust.NONE
        here = self.site()
        self.happen(door.Hours(here.in_force, free=stands_free(here)) if known else door.Hours(None))

    @rule(disk=st.booleans(), lock=st.booleans())
    def break_or_mend(self, disk: bool, lock: bool) -> None:
        self.disk_works, self.lock_works = disk, lock
        if not lock:
            # lockd is gone, and with it every lease.
            self.leases.clear()

    # What must hold

    @invariant()
    def a_hold_needs_staff_or_an_event_for_all(self) -> None:
        if "hold" in self.leases:
            here = self.site()
            assert here.policy is not None
            assert self.trust is not ClockTrust.NONE
            assert here.pause is None
            if here.in_force is BranchState.STAFFED:
                assert here.policy.staffed_door is StaffedDoor.FREE
                assert not here.staff_awaited
            else:
                assert here.in_force is BranchState.EVENT
                assert not here.listed_only

    @invariant()
    def unlocked_only_under_a_lease_of_at_most_ten_seconds(self) -> None:
        assert all(self.now < until <= self.now + 10.0 for until, _ in self.leases.values())


TestWholeDoor = WholeDoor.TestCase
TestWholeDoor.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
