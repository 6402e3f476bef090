"""What the door knows of its branch at this moment, from the replica and the clock: the rules' view of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from door_controller.first_person import FirstPerson
from door_controller.occupancy import Occupancy
from door_controller.wording import Surroundings
from meroppet.device.device import Device
from meroppet.rules import door as rules
from meroppet.rules import orders
from meroppet.rules.access import Site, groups_at, stands_free
from meroppet.rules.branch import OPEN, BranchState, knows_the_hour
from meroppet.rules.closing import pause_at
from meroppet.rules.eligibility import Policy
from meroppet.rules.hours import Hours
from meroppet.rules.notices import NoticeKind, notice_at
from meroppet.rules.policy import Companions
from meroppet.rules.provenance import Answer

LOOK_AHEAD = timedelta(days=31)
STAFF = "staff"
"""The key of the list of those who come in when nobody else may."""


class Place:
    """One door's branch. Asked anew each time: schedule, lists, policy and clock may have changed."""

    def __init__(self, device: Device, first_person: FirstPerson) -> None:
        self._device = device
        self._first_person = first_person
        self._occupancy = Occupancy(device.journal)
        self.counts_people = False
        """Whether there is a people counter, so that how many are inside is known whatever the policy asks."""
        self._door: Callable[[], rules.Door] = rules.Door
        self._standing: Callable[[], orders.Standing] = orders.Standing

    def watch(self, door: Callable[[], rules.Door], standing: Callable[[], orders.Standing]) -> None:
        """Whose word of intruder alarm, fire and orders counts here from now on."""
        self._door, self._standing = door, standing

    async def look(self) -> None:
        """See how many are inside, where anybody asks or counts; to be done before a site is decided for."""
        policy = self._device.replica.policy()
        if self.counts_people or (policy is not None and policy.maximum_inside is not None):
            await self._occupancy.look()

    @property
    def inside(self) -> int | None:
        """How many people are inside by this door's journal, as of the last look; None: nobody knows."""
        return self._occupancy.inside

    def site(self) -> Site:
        """The site to decide for. Without keys, policy or hours there is no policy, and nobody is admitted."""
        hours = self._device.replica.hours()
        return orders.laid_over(self._closed() if hours is None else self._by(hours), self._standing())

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

    @property
    def is_burning(self) -> bool:
        """Whether the fire alarm has gone off, and nobody has reset it."""
        return self._door().burning

    def open_until(self) -> datetime | None:
        """When the opening hours that run now end, LOOK_AHEAD at most; None where the branch is not open."""
        hours, now = self._device.replica.hours(), self._device.clock.now()
        if hours is None or hours.state_at(now).state not in OPEN:
            return None
        ends = (span.start for span in hours.spans(now, now + LOOK_AHEAD) if span.state not in OPEN)
        return next(ends, now + LOOK_AHEAD)

    def is_closing(self) -> bool:
        """Whether a closing has been announced, or would have been by the plan."""
        hours, here = self._device.replica.hours(), self.known_site()
        notice = None if hours is None or here is None else notice_at(hours, here.now)
        return notice is not None and notice.kind is NoticeKind.CLOSING

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
        site = Site(now=now, today=now.astimezone(UTC).date(), clock=clock, state=BranchState.CLOSED, policy=None)
        return replace(site, armed=rules.is_barred(self._door()), fire=self._door().burning)

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
            armed=rules.is_barred(self._door()),
            fire=self._door().burning,
        )

    def _members(self, policy: Policy | None, local: datetime) -> frozenset[str]:
        groups = () if policy is None else groups_at(policy, local)
        return frozenset().union(*(self._device.replica.listed(f"group:{group.list_key}") for group in groups))

    def _is_awaited(self, hours: Hours, answer: Answer, now: datetime) -> bool:
        if not hours.schedule.first_person_in or answer.state is not BranchState.STAFFED:
            return False
        return not self._first_person.has_come(hours, now)
