"""What an installer should know of a door that could be started: what it will not notice or not do, and why. Pure."""

from collections.abc import Iterator

from door_controller.settings import DoorSettings
from meroppet.device.rtc import TimeSource

DISK_WANTED = 500 * 2**20
"""A week without a network is far less; what fills a disk is everything else on it."""

_MISSED = {
    "contact": "no contact is fitted: nobody notices a door that is forced or stands open",
    "exit_button": "no exit_button is fitted: whoever is inside must be able to leave by the lock's own handle",
    "alarm_armed": "no alarm_armed is fitted: people are let in even while an intruder alarm is armed",
    "fire": "no fire is fitted: a fire alarm does not end the hours in which the door stands free",
    "tamper_box": "no tamper_box is fitted: nobody notices when this device's box is opened",
    "people_in": "no people_in is fitted: how many are inside is guessed from cards",
}


def advice(settings: DoorSettings, time: TimeSource, disk_free: int | None) -> list[str]:
    """Sentences that keep no door from starting, in the order of what matters most."""
    fitted = settings.drivers()
    missed = [sentence for place, sentence in _MISSED.items() if place not in fitted]
    return [*_of_fire(settings, frozenset(fitted)), *_of_time(settings, time), *_of_disk(disk_free), *missed]


def _of_fire(settings: DoorSettings, fitted: frozenset[str]) -> Iterator[str]:
    if "fire" not in fitted:
        return
    locks = (settings.lock, settings.night_lock, settings.inner_lock)
    if not any(lock.fire_releases for lock in locks if lock is not None):
        yield "fire is written down and releases no lock: that is said by fire_releases of a lock"
    if "reset_key" not in fitted:
        yield "no reset_key is fitted: only staff on their page can say that a fire is over"


def _of_time(settings: DoorSettings, time: TimeSource) -> Iterator[str]:
    if settings.clock != "system":
        return
    if time.chip() is None:
        yield (
            "this machine has no battery-backed clock: after a power cut without a network nobody is let in"
            " by opening hours until the server or a time service is reached"
        )
    if not time.is_disciplined():
        yield "no time service keeps this machine's clock right now: systemd-timesyncd or chrony should"


def _of_disk(disk_free: int | None) -> Iterator[str]:
    if disk_free is not None and disk_free < DISK_WANTED:
        yield f"only {disk_free // 2**20} MB are free on the disk of the state folder; 500 MB or more are good"
