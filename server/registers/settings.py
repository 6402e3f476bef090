"""Where the library systems are: the installer's word. Staff never enter an address to be called."""

from pathlib import Path

from pydantic import Field, field_validator

from meroppet.ils.profiles import PRESETS
from meroppet.runtime.settings import Group


class AccountSettings(Group):
    """As whom one branch logs in to its register."""

    branch: str = Field(description="id of the branch")
    user: str = Field(default="", description="SIP2 user (CN); empty: the register wants no login")
    institution: str = Field(default="", description="institution (AO)")
    location: str | None = Field(default=None, description="location (CP) where it differs from the institution")


class RegisterSettings(Group):
    """One library system and the accounts in it. Passwords are credentials: `register_passwords`, by branch."""

    id: str = Field(description="short name of the register; never changed, patrons are known by it")
    profile: str = Field(description=f"one of {', '.join(sorted(PRESETS))}")
    host: str = Field(description="host name or address")
    port: int = Field(ge=1, le=65535, description="TCP port")
    zone: str = Field(default="Europe/Stockholm", description="time zone of the register's dates")
    tls: bool = Field(default=False, description="speak TLS; without it only loopback is spoken to")
    ca_file: Path | None = Field(default=None, description="CA of the register's certificate, PEM")
    pinned_sha256: str | None = Field(default=None, description="SHA-256 of the register's certificate, hex")
    plain_text: bool = Field(default=False, description="speak in the clear to this host: PINs can be read on the way")
    accounts: tuple[AccountSettings, ...] = Field(default=(), description="one account a branch")

    @field_validator("profile")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in PRESETS:
            raise ValueError(f"no profile '{name}'; there are: {', '.join(sorted(PRESETS))}")
        return name
