"""What the installer of a server decides. What staff decide (hours, policies, rights) is data, not settings."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from meroppet.runtime.settings import Group, Settings
from server.eid.settings import EidSettings
from server.registers.settings import RegisterSettings

PREFIX = "MEROPPET_SERVER_"
DEFAULT_FILE = Path("/etc/meroppet/server.toml")


FrameAncestor = Annotated[str, Field(pattern=r"^(\*|https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?)$")]


class DeviceListener(Group):
    """Where doors and kiosks call: HTTPS with the server's own CA."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8443, ge=1, le=65535, description="port to listen on")
    names: tuple[str, ...] = Field(
        default=("localhost", "127.0.0.1"),
        min_length=1,
        description="names and addresses devices call, first one first",
    )
    url: str = Field(default="", description="address given to devices; empty: https://FIRST NAME:PORT")
    heartbeat_seconds: int = Field(default=15, ge=1, le=60, description="how often a quiet stream says so")
    poll_seconds: int = Field(default=60, ge=1, le=600, description="how often devices ask though nobody woke them")


class StaffListener(Group):
    """Where staff browse: plain HTTP on loopback for a reverse proxy, or TLS with these files."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8080, ge=1, le=65535, description="port to listen on")
    url: str = Field(default="", description="address staff use; empty: http://HOST:PORT or https with a certificate")
    certificate: Path | None = Field(default=None, description="TLS certificate chain, PEM")
    certificate_key: Path | None = Field(default=None, description="its private key, PEM")


class PublicPages(Group):
    """What anybody may read without signing in, on the port where staff browse: opening hours, under /public/."""

    hours: bool = Field(default=True, description="whether feeds and open-now pages are there")
    patrons: bool = Field(default=True, description="whether patrons' own pages are there, under /my")
    frame_ancestors: tuple[FrameAncestor, ...] = Field(
        default=(), description="sites that may show the open-now pages in a frame, such as 'https://www.nora.se'"
    )


class MetricsListener(Group):
    """Where a Prometheus on the same machine reads how devices and registers are: plain HTTP on the loopback."""

    port: int = Field(default=0, ge=0, le=65535, description="port of /metrics on 127.0.0.1; 0 for none")

    @property
    def host(self) -> str:
        """The loopback, and nothing else."""
        return "127.0.0.1"


class ServerSettings(Settings):
    """The settings of one server process."""

    state_dir: Path = Field(
        default=Path("/var/lib/meroppet-server"), description="folder for keys, database, snapshots"
    )
    database: str = Field(default="", description="postgresql://USER@HOST/NAME; empty: SQLite in state_dir")
    database_password: SecretStr | None = Field(default=None, description="password of that user")
    devices: DeviceListener = DeviceListener()
    staff: StaffListener = StaffListener()
    public: PublicPages = PublicPages()
    metrics: MetricsListener = MetricsListener()
    registers: tuple[RegisterSettings, ...] = Field(default=(), description="the library systems")
    register_passwords: dict[str, SecretStr] = Field(default={}, description="SIP2 passwords by branch")
    register_secrets: dict[str, SecretStr] = Field(default={}, description="secrets of REST clients by register")
    eid: tuple[EidSettings, ...] = Field(default=(), description="electronic identifications patrons may sign in with")
    clock: Literal["system", "virtual"] = Field(default="system", description="virtual: turned by clock_offset_file")
    clock_offset_file: Path | None = Field(default=None, description="file with the virtual clock's offset in seconds")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="from which level on")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.staff.certificate is None) != (self.staff.certificate_key is None):
            raise ValueError("staff.certificate and staff.certificate_key come together")
        if self.clock == "virtual" and self.clock_offset_file is None:
            raise ValueError("clock = 'virtual' needs clock_offset_file")
        if self.database and not self.database.startswith(("postgresql://", "sqlite:///")):
            raise ValueError("database begins with postgresql:// or sqlite:///")
        if urlsplit(self.database).password:
            raise ValueError("the password does not belong in database; give it as a credential, database_password")
        return self

    @property
    def device_url(self) -> str:
        """The address in invitations."""
        return self.devices.url or f"https://{self.devices.names[0]}:{self.devices.port}"

    @property
    def staff_url(self) -> str:
        """The address in one-time links."""
        scheme = "https" if self.staff.certificate else "http"
        return (self.staff.url or f"{scheme}://{self.staff.host}:{self.staff.port}").rstrip("/")
