"""From an installer's settings to a way to the register: addresses, accounts and profiles become a client."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from meroppet.ils.breaker import Breaker
from meroppet.ils.koha_rest import EntryAttribute, KohaRestIls, KohaSite
from meroppet.ils.ports import Ils
from meroppet.ils.sip2_client import Health, Sip2Account, Sip2Ils, Tls
from meroppet.runtime.clock import Clock
from server.registers.settings import AccountSettings, RegisterSettings

DEADLINE_SECONDS = 2.0
"""A door decides within 2.5 s of the last key; this is the register's part of it."""

CHANGE_DEADLINE_SECONDS = 4.0
"""What a kiosk gives loans and returns, the time to ask what became of it included."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the settings keep as credentials: SIP2 passwords by branch, REST clients' secrets by register."""

    passwords: Mapping[str, SecretStr]
    clients: Mapping[str, SecretStr]

    def password(self, account: AccountSettings) -> str:
        """The account's password; empty where there is none."""
        return _plain(self.passwords.get(account.branch))

    def client(self, register: RegisterSettings) -> str:
        """The secret of the register's REST client; empty where there is none."""
        return _plain(self.clients.get(register.id))


def _plain(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def sip2_account(register: RegisterSettings, account: AccountSettings, password: str) -> Sip2Account:
    """Where and as whom a branch speaks SIP2."""
    return Sip2Account(
        host=register.host,
        port=register.port,
        user=account.user,
        password=password,
        institution=account.institution,
        location=account.location,
        zone=register.zone,
        tls=Tls(register.ca_file, register.pinned_sha256) if register.tls else None,
        plain_text_hosts=frozenset({register.host} if register.plain_text else ()),
    )


def koha_site(register: RegisterSettings, account: AccountSettings, secret: str) -> KohaSite:
    """Where and as whom a branch asks Koha over REST; raises ValueError for an address that cannot be meant."""
    attribute = register.entry_attribute
    return KohaSite(
        name=register.id,
        url=register.url,
        client_id=register.client_id,
        client_secret=secret,
        ca_file=register.ca_file,
        plain_text=register.plain_text,
        zone=register.zone,
        may_enter=EntryAttribute(attribute, frozenset(register.entry_values)) if attribute else None,
        pickup=account.institution or None,
    )


@dataclass(frozen=True, slots=True)
class Ways:
    """A branch's ways to its register over the same connections: a door's question passes whatever else waits."""

    all: Ils
    door: Ils

    @property
    def health(self) -> Health | None:
        """How the register has been; nothing is asked for it."""
        return self.all.health if isinstance(self.all, Sip2Ils | KohaRestIls) else None

    async def close(self) -> None:
        """Give the connections back."""
        await self.all.close()
        await self.door.close()


def connect(register: RegisterSettings, account: AccountSettings, secrets: Secrets, clock: Clock) -> Ways:
    """The clients; connections open when first used."""
    sip2 = Sip2Ils(
        register.site_profile(),
        sip2_account(register, account, secrets.password(account)),
        clock,
        deadline=DEADLINE_SECONDS,
        change_deadline=CHANGE_DEADLINE_SECONDS,
    )
    if register.kind == "sip2":
        return Ways(sip2, sip2.for_the_door())
    site, breaker = koha_site(register, account, secrets.client(register)), Breaker()

    def rest(inner: Ils) -> KohaRestIls:
        return KohaRestIls(
            site,
            clock,
            sip2=inner if register.host else None,
            deadline=DEADLINE_SECONDS,
            change_deadline=CHANGE_DEADLINE_SECONDS,
            breaker=breaker,
        )

    return Ways(rest(sip2), rest(sip2.for_the_door()))
