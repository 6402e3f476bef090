"""What the door knows of its branch at this moment, from the replica and the clock: the rules' view of it."""

from datetime import UTC

from door_controller.wording import Surroundings
from meroppet.device.device import Device
from meroppet.rules.access import Site
from meroppet.rules.branch import BranchState, knows_the_hour
from meroppet.rules.eligibility import Policy, StaffedDoor


def site(device: Device) -> Site:
    """The site to decide for. Without keys, policy or hours there is no policy, and nobody is admitted."""
    now, hours = device.clock.now(), device.replica.hours()
    zone = hours.zone if hours else UTC
    return Site(
        now=now,
        today=now.astimezone(zone).date(),
        clock=device.clock.trust(),
        state=hours.state_at(now).state if hours else BranchState.CLOSED,
        policy=policy(device),
    )


def policy(device: Device) -> Policy | None:
    """The policy the door may act by, or None while anything it needs with it is missing."""
    return device.replica.policy() if device.keys is not None and device.replica.hours() is not None else None


def branch_state(device: Device) -> BranchState | None:
    """The branch's state, or None while the door may not act by it."""
    here = site(device)
    return here.state if here.policy is not None and knows_the_hour(here.clock) else None


def stands_free(device: Device) -> bool:
    """Whether nobody needs a card while staff are here."""
    rules = policy(device)
    return rules is not None and rules.staffed_door is StaffedDoor.FREE


def surroundings(device: Device) -> Surroundings:
    """What the door's texts may mention."""
    branch = device.replica.branch()
    hours = device.replica.hours() if branch_state(device) is not None else None
    return Surroundings(branch.help_number if branch else "", hours, device.clock.now())
