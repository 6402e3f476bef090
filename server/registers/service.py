"""The connections to the library systems, one for each branch and purpose."""

from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from meroppet.ils.ports import Circulation
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils, Tls
from meroppet.runtime.clock import Clock
from server.registers.settings import AccountSettings, RegisterSettings

DEADLINE_SECONDS = 2.0
"""A door decides within 2.5 s of the last key; this is the register's part of it."""


class Registers:
    """Finds the register of a branch. Connections open when first used.

    Each purpose (door, kiosk, staff) has a connection of its own: a door does not wait behind a pile of returns.
    """

    def __init__(self, settings: Sequence[RegisterSettings], passwords: Mapping[str, SecretStr], clock: Clock) -> None:
        """Raises ValueError where two accounts name one branch."""
        self._known = _by_branch(settings)
        self._passwords = passwords
        self._clock = clock
        self._open: dict[tuple[str, str], Sip2Ils] = {}

    def of(self, branch_id: str) -> str | None:
        """The id of the branch's register, or None if the installer gave it none."""
        known = self._known.get(branch_id)
        return None if known is None else known[0].id

    def ils(self, branch_id: str, purpose: str = "staff") -> Circulation | None:
        """The branch's way to its register, or None if it has none."""
        known = self._known.get(branch_id)
        if known is None:
            return None
        found = self._open.get((branch_id, purpose))
        if found is None:
            found = self._open[branch_id, purpose] = self._connect(*known)
        return found

    async def close(self) -> None:
        """Give all connections back."""
        for ils in self._open.values():
            await ils.close()
        self._open.clear()

    def _connect(self, register: RegisterSettings, account: AccountSettings) -> Sip2Ils:
        password = self._passwords.get(account.branch)
        sip2 = Sip2Account(
            host=register.host,
            port=register.port,
            user=account.user,
            password="" if password is None else password.get_secret_value(),
            institution=account.institution,
            location=account.location,
            zone=register.zone,
            tls=Tls(register.ca_file, register.pinned_sha256) if register.tls else None,
            plain_text_hosts=frozenset({register.host} if register.plain_text else ()),
        )
        return Sip2Ils(PRESETS[register.profile], sip2, self._clock, deadline=DEADLINE_SECONDS)


def _by_branch(settings: Sequence[RegisterSettings]) -> dict[str, tuple[RegisterSettings, AccountSettings]]:
    known: dict[str, tuple[RegisterSettings, AccountSettings]] = {}
    for register in settings:
        for account in register.accounts:
            if account.branch in known:
                raise ValueError(f"registers: branch '{account.branch}' has two accounts; a branch has one register")
            known[account.branch] = register, account
    return known
