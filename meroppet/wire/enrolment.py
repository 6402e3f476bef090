"""How a device comes to belong to a branch: a one-time code, its own key, and the server's certificate pinned."""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from meroppet.wire.base import Reply, Request

HANDSHAKE = 1
# A name, an IPv4 address or a bracketed IPv6 one; a port and a path if need be, and nobody's password.
_ADDRESS = re.compile(r"https://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_CODE = re.compile(r"v1\.([A-Z2-7]{26})\.([0-9a-f]{64})")


class DeviceKind(StrEnum):
    """What a device is; it may call the endpoints of its kind and no others."""

    DOOR = "door"
    KIOSK = "kiosk"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What URL#CODE holds: where the server is, the one-time token (130 bits) and the SHA-256 of its CA certificate."""

    url: str
    token: str
    ca_fingerprint: str

    def text(self) -> str:
        """URL#CODE, as printed and as shown in a QR code."""
        return f"{self.url}#v1.{self.token}.{self.ca_fingerprint}"


def invitation(text: str) -> Invitation:
    """The invitation in URL#CODE; ValueError with one sentence if it is none."""
    url, _, code = text.strip().partition("#")
    found = _CODE.fullmatch(code)
    if not _is_address(url) or found is None:
        raise ValueError(
            "this is no enrolment code: it looks like https://server:8443#v1.….…; make a new one on the staff page"
        )
    return Invitation(url.rstrip("/"), found.group(1), found.group(2))


def _is_address(url: str) -> bool:
    try:
        return _ADDRESS.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:
        return False


def fingerprint(certificate_der: bytes) -> str:
    """SHA-256 of a certificate in DER, in hex."""
    return hashlib.sha256(certificate_der).hexdigest()


def key_text(raw: bytes) -> str:
    """A raw public key as base64."""
    return base64.b64encode(raw).decode("ascii")


class EnrolRequest(Request):
    """POST /api/device/v1/enrol, unsigned: the token is the proof. `public_key` is Ed25519, base64."""

    handshake: int = HANDSHAKE
    token: str
    kind: DeviceKind
    public_key: str
    version: str


class EnrolReply(Reply):
    """Who the device is now. `seal_key` is the server's X25519 public key, base64."""

    device: str
    kind: DeviceKind
    name: str
    branch: str
    seal_key: str


class BootRequest(Request):
    """POST /api/device/v1/boot, signed with sequence 0: a fresh boot identifier begins."""

    version: str


class BootReply(Reply):
    """The branch's keys, held in RAM only, and the time as the server has it (ISO 8601, UTC).

    `digest_key` keys the subject digests, `pin_key` the learned PIN verifiers (32 bytes each, base64). `sign_public` is
    the key the server signs the head of a journal with (Ed25519, base64), empty from a server that does not. The stream
    says something at least every `pulse_seconds`.
    """

    digest_key: str
    pin_key: str
    seal_key: str
    now: str
    heartbeat_seconds: int = 15
    poll_seconds: int = 60
    pulse_seconds: int = 15
    sign_public: str = ""
