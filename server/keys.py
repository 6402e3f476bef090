"""The server's keys: a private CA, its TLS certificate, the seal key, the data key, the pepper and the sign key.

They are files under one folder, readable by the server's user only, and never in the database: a copy of the database
tells nobody's card number. Losing the folder means enrolling every device again; it belongs in the backup, encrypted.
"""

import base64
import hashlib
import hmac
import os
import secrets
import shutil
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meroppet.wire.enrolment import fingerprint, key_text
from server import certificates
from server.certificates import Authority

_NONCE_BYTES = 12
_KEY_BYTES = 32
_SIGN = "sign.key"


class KeysError(Exception):
    """The key folder cannot be used; the message says which file and what to do."""


@dataclass(slots=True)
class KeyRing:
    """Every key of one server. Made whole at the first start; afterwards a missing file is an error, not a new key.

    But the sign key: devices learn a new one by themselves, so that it is changed by deleting its file.
    """

    folder: Path
    authority: Authority
    names: tuple[str, ...]
    seal_key: X25519PrivateKey
    _sign: Ed25519PrivateKey = field(repr=False)
    _data: AESGCM = field(repr=False)
    _pepper: bytes = field(repr=False)
    _contexts: list[ssl.SSLContext] = field(default_factory=list, repr=False)

    @classmethod
    def open(cls, folder: Path, names: Sequence[str], now: datetime) -> "KeyRing":
        """Read the keys, making them at the first start; `names` are the DNS names and addresses devices call.

        Raises KeysError where a file is missing, unreadable, or readable by others.
        """
        if not folder.exists():
            _make(folder, now)
        if not (folder / _SIGN).exists():
            _write(folder / _SIGN, secrets.token_bytes(_KEY_BYTES))
        ring = cls(
            folder=folder,
            authority=certificates.authority(_read(folder / "ca.pem"), _read(folder / "ca.key")),
            names=tuple(names),
            seal_key=X25519PrivateKey.from_private_bytes(_read(folder / "seal.key")),
            _sign=Ed25519PrivateKey.from_private_bytes(_read(folder / _SIGN)),
            _data=AESGCM(_read(folder / "data.key")),
            _pepper=_read(folder / "pepper.key"),
        )
        ring.renew(now)
        return ring

    @property
    def ca_pem(self) -> bytes:
        """The CA's certificate, which devices pin."""
        return self.authority.pem

    @property
    def ca_fingerprint(self) -> str:
        """SHA-256 of the CA's certificate in DER, as it stands in an invitation."""
        return fingerprint(self.authority.der)

    @property
    def seal_public(self) -> str:
        """The key devices seal card and PIN to, as it is sent."""
        return key_text(self.seal_key.public_key().public_bytes_raw())

    @property
    def sign_public(self) -> str:
        """The key by which devices check what the server says it holds of their journals, as it is sent."""
        return key_text(self._sign.public_key().public_bytes_raw())

    def sign(self, said: bytes) -> str:
        """The server's signature (Ed25519, base64)."""
        return base64.b64encode(self._sign.sign(said)).decode("ascii")

    @property
    def certificate_file(self) -> Path:
        """The server's certificate, in PEM."""
        return self.folder / "server.pem"

    @property
    def certificate_key_file(self) -> Path:
        """The server certificate's private key, in PEM."""
        return self.folder / "server.key"

    def tls(self) -> ssl.SSLContext:
        """A context for the device listener: TLS 1.3 with the server's certificate, kept current by `renew`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.certificate_file, self.certificate_key_file)
        self._contexts.append(context)
        return context

    def renew(self, now: datetime) -> bool:
        """Issue a new server certificate if the one there is near its end or for other names; True if it did."""
        if certificates.is_good(_read_if_there(self.certificate_file), self.authority, self.names, now):
            return False
        certificate, key = certificates.issue(self.authority, self.names, now)
        _write(self.certificate_key_file, key)
        _write(self.certificate_file, certificate)
        for context in self._contexts:
            context.load_cert_chain(self.certificate_file, self.certificate_key_file)
        return True

    def encrypt(self, purpose: str, secret: bytes) -> bytes:
        """`secret` under the data key, bound to its purpose (AES-256-GCM, random nonce in front)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._data.encrypt(nonce, secret, purpose.encode("utf-8"))

    def decrypt(self, purpose: str, sealed: bytes) -> bytes:
        """What `encrypt` was given; KeysError if it was not encrypted here for this purpose."""
        try:
            return self._data.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode("utf-8"))
        except InvalidTag as error:
            raise KeysError(f"a stored {purpose} was encrypted with another data.key; restore {self.folder}") from error

    def lookup(self, purpose: str, text: str) -> str:
        """A keyed digest (64 hex digits) to find a stored text by, useless without the pepper."""
        return hmac.new(self._pepper, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def _make(folder: Path, now: datetime) -> None:
    """All keys beside the folder first, then the folder in one step: a first start cut short leaves nothing."""
    half = folder.with_name(folder.name + ".new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700, parents=True)
    made = certificates.new_authority(now)
    _write(half / "ca.pem", made.pem)
    _write(half / "ca.key", made.key_pem)
    for name in ("seal.key", "data.key", "pepper.key"):
        _write(half / name, secrets.token_bytes(_KEY_BYTES))
    half.rename(folder)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_mode & 0o077:
            raise KeysError(f"{file} can be read by others; chmod 600 it, and take it for known")
        return file.read_bytes()
    except FileNotFoundError as error:
        raise KeysError(f"{file} is missing; restore it from the backup (a new one locks out all devices)") from error
    except OSError as error:
        raise KeysError(f"{file} cannot be read: {error.strerror}") from error


def _read_if_there(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _write(file: Path, content: bytes) -> None:
    """Write as a whole and durably: a half-written key would lock every device out."""
    half = file.with_name(file.name + ".new")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    half.replace(file)
