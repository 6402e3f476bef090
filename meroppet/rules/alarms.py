"""What wants a person at a house: raised, seen, over. One machine for every kind of alarm, written as a table. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from meroppet.rules.door_vocabulary import Alarm, Lower, Raise, Signal, Sound
from meroppet.rules.entry_vocabulary import Record
from meroppet.rules.house_events import AlarmAcknowledged, AlarmCleared, AlarmRaised

NEEDS_A_PERSON = frozenset({Alarm.FORCED, Alarm.TAMPER, Alarm.FIRE, Alarm.INTRUSION, Alarm.ARM_REFUSED, Alarm.JOURNAL})
"""Alarms that are not over when their cause is: somebody must have seen them."""
LOUD = frozenset({Alarm.FORCED, Alarm.TAMPER})
"""Alarms that are heard at the door. A held door reminds by a sound of its own, and the panel has its own horn."""


class Standing(StrEnum):
    """Where one kind of alarm stands."""

    QUIET = "quiet"
    RAISED = "raised"
    SEEN = "seen"
    OVER = "over"
    """Its cause is gone, and nobody has seen it yet."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person has seen them all, or one of them. `by`: order or input."""

    by: str
    alarm: Alarm | None = None


Happening = Raise | Lower | Acknowledge


@dataclass(frozen=True, slots=True)
class Beacon:
    """Switch what shows that somebody is wanted: the output an installer gave the alarm."""

    is_on: bool


Effect = Record | Sound | Beacon


@dataclass(frozen=True, slots=True)
class Alarms:
    """Where each alarm stands; those that are quiet are left out."""

    standing: Mapping[Alarm, Standing] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, alarm: Alarm) -> Standing:
        """Where this one stands."""
        return self.standing.get(alarm, Standing.QUIET)

    @property
    def wanting(self) -> tuple[Alarm, ...]:
        """What nobody has seen yet, in the order of Alarm."""
        return tuple(alarm for alarm in Alarm if self.of(alarm) in (Standing.RAISED, Standing.OVER))


Step = tuple[Alarms, tuple[Effect, ...]]

_AFTER: Mapping[tuple[Standing, str], tuple[Standing, str]] = {
    (Standing.QUIET, "raise"): (Standing.RAISED, "raised"),
    (Standing.OVER, "raise"): (Standing.RAISED, "raised"),
    (Standing.RAISED, "lower"): (Standing.QUIET, "cleared"),
    (Standing.RAISED, "lower unseen"): (Standing.OVER, ""),
    (Standing.SEEN, "lower"): (Standing.QUIET, "cleared"),
    (Standing.SEEN, "lower unseen"): (Standing.QUIET, "cleared"),
    (Standing.RAISED, "acknowledge"): (Standing.SEEN, "acknowledged"),
    (Standing.OVER, "acknowledge"): (Standing.QUIET, "acknowledged cleared"),
}
"""The table: where an alarm stands and what happens to it; where it stands then, and what is told. Else nothing."""


def step(alarms: Alarms, happening: Happening) -> Step:
    """The next standing and the effects, in the order in which they must be performed."""
    after, told = _after(alarms, happening)
    return after, (*told, *_shown(alarms, after))


def _after(alarms: Alarms, happening: Happening) -> tuple[Alarms, tuple[Effect, ...]]:
    match happening:
        case Raise(alarm):
            return _move(alarms, alarm, "raise", "")
        case Lower(alarm):
            return _move(alarms, alarm, "lower unseen" if alarm in NEEDS_A_PERSON else "lower", "")
        case _:
            return _see(alarms, happening)


def remembered(rows: Iterable[tuple[str, str]]) -> Alarms:
    """The standing that follows from the journal's rows (kind and alarm), oldest first; what a restart must not undo.

    A kind of alarm this version does not know is left out.
    """
    alarms = Alarms()
    for kind, name in rows:
        if name in set(Alarm) and (to := _BY_KIND.get(kind)) is not None:
            alarms = _with(alarms, Alarm(name), to)
    return alarms


_BY_KIND: Mapping[str, Standing] = {
    AlarmRaised.kind: Standing.RAISED,
    AlarmAcknowledged.kind: Standing.SEEN,
    AlarmCleared.kind: Standing.QUIET,
}


def _move(alarms: Alarms, alarm: Alarm, what: str, by: str) -> tuple[Alarms, tuple[Effect, ...]]:
    found = _AFTER.get((alarms.of(alarm), what))
    if found is None:
        return alarms, ()
    to, told = found
    return _with(alarms, alarm, to), tuple(_row(word, alarm, by) for word in told.split())


def _see(alarms: Alarms, seen: Acknowledge) -> tuple[Alarms, tuple[Effect, ...]]:
    told: tuple[Effect, ...] = ()
    for alarm in Alarm if seen.alarm is None else (seen.alarm,):
        alarms, more = _move(alarms, alarm, "acknowledge", seen.by)
        told += more
    return alarms, told


def _row(word: str, alarm: Alarm, by: str) -> Record:
    if word == "acknowledged":
        return Record(AlarmAcknowledged(alarm.value, by))
    return Record(AlarmRaised(alarm.value) if word == "raised" else AlarmCleared(alarm.value))


def _with(alarms: Alarms, alarm: Alarm, to: Standing) -> Alarms:
    others = {one: standing for one, standing in alarms.standing.items() if one is not alarm}
    return Alarms(MappingProxyType(others if to is Standing.QUIET else {**others, alarm: to}))


def _shown(before: Alarms, after: Alarms) -> tuple[Effect, ...]:
    shown: list[Effect] = []
    if bool(before.wanting) != bool(after.wanting):
        shown.append(Beacon(bool(after.wanting)))
    was_loud, is_loud = _is_loud(before), _is_loud(after)
    if was_loud != is_loud:
        shown.append(Sound(Signal.ALARM if is_loud else Signal.SILENCE))
    return tuple(shown)


def _is_loud(alarms: Alarms) -> bool:
    return any(alarms.of(alarm) is Standing.RAISED for alarm in LOUD)
