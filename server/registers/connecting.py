"""From an installer's settings to a way to the register: addresses, accounts and profiles become a client."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from meroppet.ils.koha_rest import EntryAttribute, KohaRestIls, KohaSite
from meroppet.ils.ports import Ils
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils, Tls
from meroppet.runtime.clock import Clock
from server.registers.settings import AccountSettings, RegisterSettings

DEADLINE_SECONDS = 2.0
"""A door decides within 2.5 s of the last key; this is the register's part of it."""

CHANGE_DEADLINE_SECONDS = 4.0
"""What a kiosk gives a loan or a return, the time to ask what became of it included."""


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


def connect(
    register: RegisterSettings, account: AccountSettings, secrets: Secrets, clock: Clock, *, may_take_longer: bool
) -> Ils:
    """The client; connections open when first used. `may_take_longer`: loans and returns get more time than doors."""
    profile = register.site_profile()
    sip2 = _sip2(profile, sip2_account(register, account, secrets.password(account)), clock, may_take_longer)
    if register.kind == "sip2":
        return sip2
    site = koha_site(register, account, secrets.client(register))
    return KohaRestIls(site, clock, sip2=sip2 if register.host else None, deadline=DEADLINE_SECONDS)


def _sip2(profile: SiteProfile, account: Sip2Account, clock: Clock, may_take_longer: bool) -> Sip2Ils:
    longer = CHANGE_DEADLINE_SECONDS if may_take_longer else None
    return Sip2Ils(profile, account, clock, deadline=DEADLINE_SECONDS, change_deadline=longer)
