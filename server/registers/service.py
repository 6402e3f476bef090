"""The connections to the library systems, one for each branch and purpose, and how each of them has been."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from pydantic import SecretStr

from meroppet.ils.doctor.subject import Patience, Subject, Tries
from meroppet.ils.ports import Ils
from meroppet.ils.sip2_client import Health, Sip2Account
from meroppet.rules.pin import UNKNOWN_LIMIT
from meroppet.runtime.clock import Clock
from server.registers.connecting import DEADLINE_SECONDS, Secrets, Ways, connect, koha_site, sip2_account
from server.registers.examinations import Examinations, Run
from server.registers.settings import AccountSettings, RegisterSettings

__all__ = ["DEADLINE_SECONDS", "Contact", "RegisterView", "Registers"]

_NO_SECRETS: Mapping[str, SecretStr] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Contact:
    """How one branch's connections to its register have been; `health` None: nothing was asked yet."""

    branch: str
    health: Health | None


@dataclass(frozen=True, slots=True)
class RegisterView:
    """A register as staff see it: what the installer wrote, but for secrets."""

    id: str
    kind: str
    profile: str
    address: str
    is_encrypted: bool
    is_exposed: bool
    has_sip2: bool
    contacts: tuple[Contact, ...]

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches with an account in it."""
        return tuple(dict.fromkeys(contact.branch for contact in self.contacts))

    def only(self, branches: Container[str]) -> "RegisterView":
        """The same, as it is for these branches."""
        return replace(self, contacts=tuple(contact for contact in self.contacts if contact.branch in branches))


class Registers:
    """Finds the register of a branch. Connections open when first used, no more than the register's profile allows.

    Doors, kiosks and staff share a branch's connections, and a door's question passes whatever else waits for one.
    """

    def __init__(
        self,
        settings: Sequence[RegisterSettings],
        passwords: Mapping[str, SecretStr],
        clock: Clock,
        client_secrets: Mapping[str, SecretStr] = _NO_SECRETS,
    ) -> None:
        """Raises ValueError where two accounts name one branch, or an address cannot be meant."""
        self._settings = tuple(settings)
        self._secrets = Secrets(passwords, client_secrets)
        self._known = _by_branch(settings)
        self._clock = clock
        self._open: dict[str, Ways] = {}
        self.examinations = Examinations(clock)
        for register, account in self._known.values():
            if register.kind == "koha-rest":
                koha_site(register, account, "")

    def of(self, branch_id: str) -> str | None:
        """The id of the branch's register, or None if the installer gave it none."""
        known = self._known.get(branch_id)
        return None if known is None else known[0].id

    def wrong_pins(self, branch_id: str) -> int | None:
        """After how many wrong PINs in a row the branch's register locks an account; None: it never does."""
        known = self._known.get(branch_id)
        if known is None:
            return UNKNOWN_LIMIT
        return known[0].site_profile().wrong_pins_until_locked or None

    def ils(self, branch_id: str, purpose: str = "staff") -> Ils | None:
        """The branch's way to its register, or None if it has none."""
        known = self._known.get(branch_id)
        if known is None:
            return None
        found = self._open.get(branch_id)
        if found is None:
            found = self._open[branch_id] = connect(*known, self._secrets, self._clock)
        return found.door if purpose == "door" else found.all

    def account(self, branch_id: str) -> Sip2Account | None:
        """Where and as whom the branch speaks SIP2, or None if it does not."""
        known = self._known.get(branch_id)
        if known is None or not known[0].host:
            return None
        register, account = known
        return sip2_account(register, account, self._secrets.password(account))

    def examine(
        self, run: Run, subject: Subject, tries: Tries, patience: Patience, wake: Callable[[str], None]
    ) -> None:
        """Begin an examination as the run's branch, which has a SIP2 account."""
        register, account = self._known[run.branch]
        self.examinations.begin(
            run,
            sip2_account(register, account, self._secrets.password(account)),
            subject,
            preset=register.profile,
            delimiter=register.site_profile().wire.delimiter,
            tries=tries,
            patience=patience,
            wake=wake,
        )

    def views(self) -> tuple[RegisterView, ...]:
        """Every register the installer wrote down, in that order."""
        return tuple(self._view(register) for register in self._settings)

    def _view(self, register: RegisterSettings) -> RegisterView:
        sip2 = sip2_account(register, AccountSettings(branch=""), "")
        is_rest = register.kind == "koha-rest"
        exposed_rest = is_rest and register.plain_text and not register.url.startswith("https:")
        return RegisterView(
            id=register.id,
            kind=register.kind,
            profile=register.profile if register.profile_file is None else register.profile_file.name,
            address=register.url if is_rest else f"{register.host}:{register.port}",
            is_encrypted=register.url.startswith("https:") if is_rest else register.tls,
            is_exposed=exposed_rest or (bool(register.host) and sip2.is_exposed),
            has_sip2=bool(register.host),
            contacts=tuple(self._contact(account.branch) for account in register.accounts),
        )

    def _contact(self, branch: str) -> Contact:
        ways = self._open.get(branch)
        return Contact(branch, None if ways is None else ways.health)

    async def close(self) -> None:
        """Break off what is examined, and give all connections back."""
        await self.examinations.close()
        for ways in self._open.values():
            await ways.close()
        self._open.clear()


def _by_branch(settings: Sequence[RegisterSettings]) -> dict[str, tuple[RegisterSettings, AccountSettings]]:
    known: dict[str, tuple[RegisterSettings, AccountSettings]] = {}
    for register in settings:
        for account in register.accounts:
            if account.branch in known:
                raise ValueError(f"registers: branch '{account.branch}' has two accounts; a branch has one register")
            known[account.branch] = register, account
    return known
