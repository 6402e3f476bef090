"""What a role may do at a branch: the one place where that is decided. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.organisations.service import BranchView


class Role(StrEnum):
    """How far a member of staff reaches: a branch, a municipality's branches, a consortium's, or the whole server."""

    BRANCH = "branch"
    MUNICIPALITY = "municipality"
    CONSORTIUM = "consortium"
    SERVER = "server"


class Action(StrEnum):
    """What can be allowed."""

    SEE = "see"
    HOURS = "hours"
    OPEN_DOOR = "open_door"
    PERSON = "person"
    RIGHT_BRANCH = "right_branch"
    RIGHT_MUNICIPALITY = "right_municipality"
    RIGHT_CONSORTIUM = "right_consortium"
    DEVICES = "devices"
    STAFF = "staff"
    LOG = "log"
    REGISTERS = "registers"
    POLICY = "policy"
    TERMS = "terms"
    PASSES = "passes"
    CARDS = "cards"
    RESET = "reset"
    BRAKE = "brake"
    APPLICATIONS = "applications"


_BRANCH = frozenset(
    {
        Action.SEE, Action.HOURS, Action.OPEN_DOOR, Action.PERSON, Action.RIGHT_BRANCH,
        Action.PASSES, Action.RESET, Action.APPLICATIONS,
    }
)  # fmt: skip
_MUNICIPALITY = _BRANCH | {
    Action.RIGHT_MUNICIPALITY, Action.DEVICES, Action.STAFF, Action.LOG, Action.POLICY, Action.TERMS, Action.BRAKE,
}  # fmt: skip
_CONSORTIUM = _MUNICIPALITY | {Action.RIGHT_CONSORTIUM, Action.REGISTERS, Action.CARDS}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.BRANCH: _BRANCH,
    Role.MUNICIPALITY: _MUNICIPALITY,
    Role.CONSORTIUM: _CONSORTIUM,
    Role.SERVER: frozenset(Action),
}
"""Role × action. A right reaches as far as its giver's role and no further."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a place: the id of a branch, municipality or consortium; empty for the server."""

    role: Role
    place: str = ""

    def covers(self, branch: BranchView) -> bool:
        """Whether the branch lies within the grant's place."""
        match self.role:
            case Role.BRANCH:
                return self.place == branch.id
            case Role.MUNICIPALITY:
                return self.place == branch.controller
            case Role.CONSORTIUM:
                return self.place == branch.consortium
            case Role.SERVER:
                return True


@dataclass(frozen=True, slots=True)
class Access:
    """Everything one member of staff was granted."""

    grants: frozenset[Grant]

    def may(self, action: Action, branch: BranchView) -> bool:
        """Whether any grant that covers the branch allows the action."""
        return any(action in ALLOWED[grant.role] and grant.covers(branch) for grant in self.grants)

    def may_for_all(self, action: Action, consortium: str, controller: str = "", branch: str = "") -> bool:
        """Whether she may do it for a whole consortium, or for all of one controller or branch where that is named."""
        places = {Role.CONSORTIUM: consortium, Role.MUNICIPALITY: controller, Role.BRANCH: branch}
        return any(
            action in ALLOWED[grant.role] and (grant.role is Role.SERVER or grant.place == places[grant.role] != "")
            for grant in self.grants
        )

    def may_anywhere(self, action: Action) -> bool:
        """Whether any of her roles allows it, wherever that is."""
        return any(action in ALLOWED[grant.role] for grant in self.grants)

    def runs_the_server(self) -> bool:
        """Whether accounts of any place may be made."""
        return Grant(Role.SERVER) in self.grants

    def has_colleagues(self) -> bool:
        """Whether she may see and invite colleagues anywhere."""
        return any(Action.STAFF in ALLOWED[grant.role] for grant in self.grants)

    def log_grants(self) -> frozenset[Grant]:
        """The grants that let her read what staff did at their places."""
        return frozenset(grant for grant in self.grants if Action.LOG in ALLOWED[grant.role])

    def keeps_registers(self) -> bool:
        """Whether she answers for library systems anywhere."""
        return any(Action.REGISTERS in ALLOWED[grant.role] for grant in self.grants)

    def may_grant(self, grant: Grant, within: BranchView | None) -> bool:
        """Whether this role may be given on; `within` is a branch the grant covers. Nobody gives more than she has."""
        if self.runs_the_server():
            return True
        if grant.role is Role.SERVER or within is None or not grant.covers(within):
            # A server's role allows no more actions than a consortium's, but in every consortium.
            return False
        wider = [own for own in self.grants if own.covers(within) and Action.STAFF in ALLOWED[own.role]]
        return any(ALLOWED[grant.role] <= ALLOWED[own.role] for own in wider)

    def may_close(self, grants: Collection[Grant], everywhere: Sequence[BranchView]) -> bool:
        """Whether an account with these roles may be shut out: only by who could have given every one of them."""
        if self.runs_the_server():
            return True
        given = [next((branch for branch in everywhere if grant.covers(branch)), None) for grant in grants]
        return bool(given) and all(self.may_grant(grant, at) for grant, at in zip(grants, given, strict=True))
