"""What the door knows of its branch at this moment, from the replica and the clock: the rules' view of it."""

from datetime import UTC, datetime

from door_controller.first_person import FirstPerson
from door_controller.wording import Surroundings
from meroppet.device.device import Device
from meroppet.rules import door as rules
from meroppet.rules.access import Site, stands_free
from meroppet.rules.branch import BranchState, knows_the_hour
from meroppet.rules.closing import pause_at
from meroppet.rules.eligibility import Policy
from meroppet.rules.hours import Hours
from meroppet.rules.provenance import Answer

STAFF = "staff"
"""The key of the list of those who come in when nobody else may."""


class Place:
    """One door's branch. Asked anew each time: schedule, lists, policy and clock may have changed."""

    def __init__(self, device: Device, first_person: FirstPerson) -> None:
        self._device = device
        self._first_person = first_person

    def site(self) -> Site:
        """The site to decide for. Without keys, policy or hours there is no policy, and nobody is admitted."""
        hours = self._device.replica.hours()
        return self._closed() if hours is None else self._by(hours)

    def policy(self) -> Policy | None:
        """The policy the door may act by, or None while anything it needs with it is missing."""
        device = self._device
        return device.replica.policy() if device.keys is not None and device.replica.hours() is not None else None

    def known_site(self) -> Site | None:
        """The site, or None while the door may not act by it."""
        here = self.site()
        return here if here.policy is not None and knows_the_hour(here.clock) else None

    def state(self) -> BranchState | None:
        """The state the door acts by, or None while it may act by none."""
        here = self.known_site()
        return here.in_force if here is not None else None

    def hours(self) -> rules.Hours:
        """The state, and whether everybody may walk in, as the strike wants to hear it."""
        here = self.known_site()
        return rules.Hours(None) if here is None else rules.Hours(here.in_force, free=stands_free(here))

    def surroundings(self) -> Surroundings:
        """What the door's texts may mention."""
        branch, here = self._device.replica.branch(), self.known_site()
        number = branch.help_number if branch else ""
        if here is None:
            return Surroundings(number)
        return Surroundings(number, self._device.replica.hours(), here.now, here.pause)

    def staff_came(self) -> None:
        """Somebody of the staff has come in, or had the door opened from afar: staffed hours have begun."""
        if self.site().staff_awaited:
            self._first_person.note(self._device.clock.now())

    def _closed(self) -> Site:
        now, clock = self._device.clock.now(), self._device.clock.trust()
        return Site(now=now, today=now.astimezone(UTC).date(), clock=clock, state=BranchState.CLOSED, policy=None)

    def _by(self, hours: Hours) -> Site:
        now, replica = self._device.clock.now(), self._device.replica
        answer = hours.state_at(now)
        return Site(
            now=now,
            today=now.astimezone(hours.zone).date(),
            clock=self._device.clock.trust(),
            state=answer.state,
            policy=self.policy(),
            beneath=answer.beneath,
            listed_only=answer.listed_only,
            pause=pause_at(hours, now),
            staff_awaited=self._is_awaited(hours, answer, now),
            staff=replica.listed(STAFF),
            invited=replica.listed(answer.rule.id) if answer.listed_only else frozenset(),
        )

    def _is_awaited(self, hours: Hours, answer: Answer, now: datetime) -> bool:
        if not hours.schedule.first_person_in or answer.state is not BranchState.STAFFED:
            return False
        return not self._first_person.has_come(hours, now)
