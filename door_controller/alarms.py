"""What wants a person at this house: `rules.alarms` decides; what it says is told, heard and kept over a restart."""

from collections.abc import Callable

from door_controller.kept import Kept
from meroppet.rules import alarms as rules
from meroppet.rules.door_vocabulary import Alarm, Lower, Raise, Signal, Sound
from meroppet.rules.entry import Record
from meroppet.rules.events import Event

WORD = "alarm."


class Alarms:
    """Where every alarm stands. It waits for nobody, and nothing of it can keep anybody in or let anybody in."""

    def __init__(self, kept: Kept, record: Callable[[Event], object], sound: Callable[[Signal], object]) -> None:
        self._kept, self._record, self._sound = kept, record, sound
        self._alarms = rules.Alarms({alarm: standing for alarm in Alarm if (standing := self._kept_of(alarm))})
        self._beacon: Callable[[], object] = lambda: None

    @property
    def wanting(self) -> tuple[Alarm, ...]:
        """What nobody has seen yet."""
        return self._alarms.wanting

    def on_beacon(self, callback: Callable[[], object]) -> None:
        """Have `callback` called whenever somebody begins or ceases to be wanted."""
        self._beacon = callback

    def hear(self, happening: rules.Happening) -> None:
        """Something wants a person, is over, or was seen. Needs a running loop."""
        before = self._alarms
        self._alarms, effects = rules.step(before, happening)
        for alarm in Alarm:
            if (standing := self._alarms.of(alarm)) is not before.of(alarm):
                self._kept.keep(f"{WORD}{alarm.value}", "" if standing is rules.Standing.QUIET else standing.value)
        for effect in effects:
            match effect:
                case Record(event):
                    self._record(event)
                case Sound(signal):
                    self._sound(signal)
                case rules.Beacon():
                    self._beacon()

    def storage(self, trouble: str) -> None:
        """The journal's word of its disk: what is wrong, or nothing."""
        self.hear(Raise(Alarm.JOURNAL) if trouble else Lower(Alarm.JOURNAL))

    def _kept_of(self, alarm: Alarm) -> rules.Standing | None:
        word = self._kept.word(f"{WORD}{alarm.value}")
        return rules.Standing(word) if word in set(rules.Standing) else None
