"""How a driver reaches the stand-in: its address, and the files both sides read. Nothing heavy is imported here."""

from dataclasses import dataclass
from pathlib import Path

API = "/rp/v6.0/"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files lie."""

    authority: Path
    service: Path
    service_key: Path
    party: Path
    party_key: Path

    @property
    def folder(self) -> Path:
        """The folder they lie in."""
        return self.authority.parent


def files_in(folder: Path) -> Certificates:
    """Where the files lie in a folder, made or not."""
    names = ("ca.pem", "service.pem", "service.key", "party.pem", "party.key")
    return Certificates(*(folder / name for name in names))


def options_for(made: Certificates, port: int) -> dict[str, str | Path]:
    """What the driver `bankid` must be told to speak to a stand-in with these certificates on this port."""
    return {
        "certificate": made.party,
        "certificate_key": made.party_key,
        "url": f"https://localhost:{port}{API}",
        "ca_file": made.authority,
    }
