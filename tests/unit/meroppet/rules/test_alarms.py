"""What wants a person is raised once, seen by a person, and over when its cause is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.alarms import NEEDS_A_PERSON, Acknowledge, Alarms, Beacon, Effect, Standing, remembered, step
from meroppet.rules.door_vocabulary import Alarm, Lower, Raise, Signal, Sound
from meroppet.rules.entry import Record
from meroppet.rules.house_events import AlarmAcknowledged, AlarmCleared, AlarmRaised

SAID = st.one_of(
    st.builds(Raise, st.sampled_from(Alarm)),
    st.builds(Lower, st.sampled_from(Alarm)),
    st.builds(Acknowledge, st.just("order"), st.none() | st.sampled_from(Alarm)),
)


def rows(effects: tuple[Effect, ...]) -> list[tuple[str, str]]:
    return [
        (effect.event.kind, str(effect.event.detail()["alarm"])) for effect in effects if isinstance(effect, Record)
    ]


def test_a_held_door_is_an_alarm_until_it_is_shut() -> None:
    raised, effects = step(Alarms(), Raise(Alarm.HELD))
    assert effects == (Record(AlarmRaised("held")), Beacon(is_on=True))
    assert step(raised, Raise(Alarm.HELD)) == (raised, ())

    over, effects = step(raised, Lower(Alarm.HELD))
    assert over.wanting == ()
    assert effects == (Record(AlarmCleared("held")), Beacon(is_on=False))


def test_a_forced_door_is_heard_and_stays_until_somebody_has_seen_it() -> None:
    raised, effects = step(Alarms(), Raise(Alarm.FORCED))
    assert effects == (Record(AlarmRaised("forced")), Beacon(is_on=True), Sound(Signal.ALARM))

    over, effects = step(raised, Lower(Alarm.FORCED))
    assert (over.of(Alarm.FORCED), over.wanting) == (Standing.OVER, (Alarm.FORCED,))
    assert effects == (Sound(Signal.SILENCE),)

    again, _ = step(over, Raise(Alarm.FORCED))
    assert again.of(Alarm.FORCED) is Standing.RAISED

    seen, effects = step(over, Acknowledge("order"))
    assert seen == Alarms()
    assert effects == (
        Record(AlarmAcknowledged("forced", "order")),
        Record(AlarmCleared("forced")),
        Beacon(is_on=False),
    )


def test_what_was_seen_is_silent_and_over_with_its_cause() -> None:
    raised, _ = step(Alarms(), Raise(Alarm.TAMPER))
    seen, effects = step(raised, Acknowledge("input", Alarm.TAMPER))
    assert effects == (Record(AlarmAcknowledged("tamper", "input")), Beacon(is_on=False), Sound(Signal.SILENCE))
    assert step(seen, Raise(Alarm.TAMPER)) == (seen, ())

    over, effects = step(seen, Lower(Alarm.TAMPER))
    assert (over, effects) == (Alarms(), (Record(AlarmCleared("tamper")),))


def test_what_is_quiet_cannot_be_lowered_or_seen() -> None:
    assert step(Alarms(), Lower(Alarm.FIRE)) == (Alarms(), ())
    assert step(Alarms(), Acknowledge("order")) == (Alarms(), ())


def test_the_beacon_shines_as_long_as_anything_wants_a_person() -> None:
    one, _ = step(Alarms(), Raise(Alarm.HELD))
    two, effects = step(one, Raise(Alarm.FIRE))
    assert Beacon(is_on=True) not in effects
    left, effects = step(two, Lower(Alarm.HELD))
    assert (left.wanting, effects) == ((Alarm.FIRE,), (Record(AlarmCleared("held")),))


@given(st.lists(SAID, max_size=30))
def test_what_is_remembered_is_what_the_journal_told(said: list[Raise | Lower | Acknowledge]) -> None:
    alarms, told = Alarms(), list[tuple[str, str]]()
    for happening in said:
        alarms, effects = step(alarms, happening)
        told += rows(effects)

    again = remembered([*told, ("alarm.raised", "of_a_newer_version"), ("door.opened", "held")])

    # That a cause is gone is no row; it is said again by whoever watches it.
    assert again.wanting == alarms.wanting
    assert {alarm for alarm in Alarm if again.of(alarm) is Standing.SEEN} == {
        alarm for alarm in Alarm if alarms.of(alarm) is Standing.SEEN
    }


@given(st.lists(SAID, max_size=30))
def test_only_what_needs_a_person_outlives_its_cause(said: list[Raise | Lower | Acknowledge]) -> None:
    alarms = Alarms()
    for happening in said:
        alarms, _ = step(alarms, happening)
        assert all(alarms.of(alarm) is not Standing.OVER or alarm in NEEDS_A_PERSON for alarm in Alarm)


@pytest.mark.parametrize("alarm", Alarm)
def test_every_alarm_is_over_once_it_was_seen_and_its_cause_is_gone(alarm: Alarm) -> None:
    alarms = Alarms()
    for happening in (Raise(alarm), Lower(alarm), Acknowledge("order")):
        alarms, _ = step(alarms, happening)
    assert alarms == Alarms()
