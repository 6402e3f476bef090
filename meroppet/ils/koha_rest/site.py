"""Where a Koha's REST interface is, as whom it is asked, and what this site's own data mean."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from meroppet.ils.loopback import is_loopback

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class EntryAttribute:
    """The extended attribute in which staff write who may enter; any other value, or none, is a no."""

    type: str
    values: frozenset[str] = frozenset({"1"})


@dataclass(frozen=True, slots=True)
class KohaSite:
    """One Koha. Raises ValueError for an address that cannot be meant."""

    name: str
    url: str
    """https://koha.example.se, with or without /api/v1; plain http only to loopback or where `plain_text` says so."""
    client_id: str
    client_secret: str = field(repr=False)
    ca_file: Path | None = None
    """The CA of Koha's certificate, or the certificate itself, PEM; None: the system's CAs."""
    plain_text: bool = False
    zone: str = "Europe/Stockholm"
    may_enter: EntryAttribute | None = None
    wrong_pins_until_locked: int | None = None
    """Koha's FailedLoginAttempts, which REST does not tell; with it a locked patron's PIN is not sent at all."""
    pickup: str | None = None
    """The branch (library_id) where holds placed here are fetched."""
    currency: str | None = None
    """ISO 4217; amounts come without one."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(f"register '{self.name}': url is '{self.url}'; write https://host, with a port if needed")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(f"register '{self.name}': url holds more than an address; secrets are credentials")

    @property
    def base(self) -> str:
        """The address that all paths follow."""
        address = self.url.rstrip("/")
        return address if address.endswith(API) else address + API

    @property
    def is_encrypted(self) -> bool:
        """Whether what is said to this Koha can be read on the way."""
        return urlsplit(self.url).scheme == "https"

    @property
    def may_connect(self) -> bool:
        """False where a PIN would cross a network in plain text without the operator having said so."""
        return self.is_encrypted or self.plain_text or is_loopback(urlsplit(self.url).hostname or "")
