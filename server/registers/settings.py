"""Where the library systems are: the installer's word. Staff never enter an address to be called."""

import re
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from meroppet.ils.profiles import PRESETS, ProfileError, SiteProfile, changed, profile_from_toml
from meroppet.runtime.settings import Group


class AccountSettings(Group):
    """As whom one branch logs in to its register."""

    branch: str = Field(description="id of the branch")
    user: str = Field(default="", description="SIP2 user (CN); empty: the register wants no login")
    institution: str = Field(default="", description="institution (AO); over REST the branch's library_id")
    location: str | None = Field(default=None, description="location (CP) where it differs from the institution")


class RegisterSettings(Group):
    """One library system and the accounts in it. Passwords are credentials: `register_passwords`, by branch."""

    id: str = Field(description="short name of the register; never changed, patrons are known by it")
    kind: Literal["sip2", "koha-rest"] = Field(default="sip2", description="how it is asked; see docs/koha.md for REST")
    profile: str = Field(description=f"one of {', '.join(sorted(PRESETS))}")
    profile_file: Path | None = Field(
        default=None, description="a profile of the site's own, TOML; see docs/registers.md"
    )
    profile_changes: dict[str, Any] = Field(default={}, description="lines that differ from the profile, as its tables")
    host: str = Field(default="", description="host name or address of SIP2; for koha-rest only if SIP2 is there too")
    port: int = Field(default=6001, ge=1, le=65535, description="TCP port of SIP2")
    zone: str = Field(default="Europe/Stockholm", description="time zone of the register's dates")
    tls: bool = Field(default=False, description="speak TLS; without it only loopback is spoken to")
    ca_file: Path | None = Field(default=None, description="CA of the register's certificate, PEM")
    pinned_sha256: str | None = Field(default=None, description="SHA-256 of the register's certificate, hex")
    plain_text: bool = Field(default=False, description="speak in the clear to this host: PINs can be read on the way")
    url: str = Field(default="", description="koha-rest: address of Koha, such as https://koha.example.se")
    client_id: str = Field(default="", description="koha-rest: OAuth2 client; its secret is in register_secrets")
    entry_attribute: str = Field(default="", description="koha-rest: patron attribute that says who may enter")
    entry_values: tuple[str, ...] = Field(default=("1",), description="koha-rest: values of it that let in")
    accounts: tuple[AccountSettings, ...] = Field(default=(), description="one account a branch")

    @field_validator("profile")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in PRESETS:
            raise ValueError(f"no profile '{name}'; there are: {', '.join(sorted(PRESETS))}")
        return name

    @field_validator("zone")
    @classmethod
    def _on_earth(cls, zone: str) -> str:
        if not is_zone(zone):
            raise ValueError(f"no time zone '{zone}'; write it as Europe/Stockholm")
        return zone

    @field_validator("pinned_sha256")
    @classmethod
    def _whole(cls, pin: str | None) -> str | None:
        if pin is not None and not is_fingerprint(pin):
            raise ValueError("a SHA-256 is 64 hexadecimal digits, with or without colons")
        return pin

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.kind == "sip2" and not self.host:
            raise ValueError(f"register '{self.id}' needs host")
        if self.kind == "koha-rest" and not (self.url and self.client_id):
            raise ValueError(f"register '{self.id}' needs url and client_id")
        if self.kind == "koha-rest" and self.pinned_sha256 is not None and self.ca_file is None:
            raise ValueError(f"register '{self.id}': koha-rest takes ca_file (the certificate itself will do), no pin")
        if not self.tls and (self.pinned_sha256 is not None or (self.kind == "sip2" and self.ca_file is not None)):
            raise ValueError(f"register '{self.id}' names a certificate but not tls = true; nothing would look at it")
        self.site_profile()
        return self

    def site_profile(self) -> SiteProfile:
        """The preset, or the site's own file, with the site's changes; raises ValueError with a sentence."""
        base = PRESETS[self.profile]
        if self.profile_file is not None:
            base = profile_from_toml(_text(self.profile_file), where=str(self.profile_file))
        return changed(base, self.profile_changes, where=f"registers '{self.id}' profile_changes")


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def is_fingerprint(text: str) -> bool:
    """Whether it is a SHA-256 in hex, with or without colons."""
    return re.fullmatch(r"[0-9A-Fa-f]{64}", text.replace(":", "")) is not None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{file}: cannot be read: {error}") from error
