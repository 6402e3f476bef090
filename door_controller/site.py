"""What the door knows of its branch at this moment, from the replica and the clock: the rules' view of it."""

from datetime import UTC, datetime

from door_controller.first_person import FirstPerson
from door_controller.occupancy import Occupancy
from door_controller.wording import Surroundings
from meroppet.device.device import Device
from meroppet.rules import door as rules
from meroppet.rules.access import Site, groups_at, stands_free
from meroppet.rules.branch import BranchState, knows_the_hour
from meroppet.rules.closing import pause_at
from meroppet.rules.eligibility import Policy
from meroppet.rules.hours import Hours
from meroppet.rules.policy import Companions
from meroppet.rules.provenance import Answer

STAFF = "staff"
"""The key of the list of those who come in when nobody else may."""


class Place:
    """One door's branch. Asked anew each time: schedule, lists, policy and clock may have changed."""

    def __init__(self, device: Device, first_person: FirstPerson) -> None:
        self._device = device
        self._first_person = first_person
        self._occupancy = Occupancy(device.journal)

    async def look(self) -> None:
        """See how many are inside, where the branch has a maximum; to be done before a site is decided for."""
        policy = self._device.replica.policy()
        if policy is not None and policy.maximum_inside is not None:
            await self._occupancy.look()

    @property
    def inside(self) -> int | None:
        """How many people are inside by this door's journal, as of the last look; None: nobody knows."""
        return self._occupancy.inside

    def site(self) -> Site:
        """The site to decide for. Without keys, policy or hours there is no policy, and nobody is admitted."""
        hours = self._device.replica.hours()
        return self._closed() if hours is None else self._by(hours)

    def policy(self) -> Policy | None:
        """The policy the door may act by, or None while anything it needs with it is missing or not understood."""
        device = self._device
        lacks = device.keys is None or device.is_outdated or device.replica.hours() is None
        return None if lacks else device.replica.policy()

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
        number, heard = branch.help_number if branch else "", self._device.heard_at
        if here is None:
            return Surroundings(number)
        along = here.policy.companions if here.policy else Companions.ANYONE
        hours = self._device.replica.hours()
        return Surroundings(number, hours, here.now, here.pause, heard, here.staff_awaited, along)

    def staff_came(self) -> None:
        """Somebody of the staff has come in, or had the door opened from afar: staffed hours have begun."""
        if self.site().staff_awaited:
            self._first_person.note(self._device.clock.now())

    def _closed(self) -> Site:
        now, clock = self._device.clock.now(), self._device.clock.trust()
        return Site(now=now, today=now.astimezone(UTC).date(), clock=clock, state=BranchState.CLOSED, policy=None)

    def _by(self, hours: Hours) -> Site:
        now, replica = self._device.clock.now(), self._device.replica
        answer, local, policy = hours.state_at(now), now.astimezone(hours.zone), self.policy()
        return Site(
            now=local,
            today=local.date(),
            clock=self._device.clock.trust(),
            state=answer.state,
            policy=policy,
            inside=self.inside,
            members=self._members(policy, local),
            beneath=answer.beneath,
            listed_only=answer.listed_only,
            pause=pause_at(hours, now),
            staff_awaited=self._is_awaited(hours, answer, now),
            staff=replica.listed(STAFF),
            invited=replica.listed(answer.rule.id) if answer.listed_only else frozenset(),
        )

    def _members(self, policy: Policy | None, local: datetime) -> frozenset[str]:
        groups = () if policy is None else groups_at(policy, local)
        return frozenset().union(*(self._device.replica.listed(f"group:{group.list_key}") for group in groups))

    def _is_awaited(self, hours: Hours, answer: Answer, now: datetime) -> bool:
        if not hours.schedule.first_person_in or answer.state is not BranchState.STAFFED:
            return False
        return not self._first_person.has_come(hours, now)
