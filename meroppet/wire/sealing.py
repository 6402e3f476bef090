"""Card number and PIN sealed together to the server: X25519, HKDF-SHA256, ChaCha20-Poly1305, bound to one attempt."""

import base64
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = bytes(12)
"""Constant because every sealing has a key of its own."""


class SealError(ValueError):
    """A sealed text that was not made for this key and attempt."""


def seal(to: X25519PublicKey, attempt: str, secret: dict[str, str]) -> str:
    """`secret` as base64 text that only the holder of the key can open, and only for this attempt."""
    own = X25519PrivateKey.generate()
    shared = own.exchange(to)
    public = own.public_key().public_bytes_raw()
    text = json.dumps(secret, separators=(",", ":")).encode("utf-8")
    sealed = ChaCha20Poly1305(_key(shared, public, to.public_bytes_raw())).encrypt(
        _NONCE, text, attempt.encode("utf-8")
    )
    return base64.b64encode(public + sealed).decode("ascii")


def unseal(key: X25519PrivateKey, attempt: str, sealed: str) -> dict[str, str]:
    """The secret, or SealError."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        shared = key.exchange(X25519PublicKey.from_public_bytes(raw[:32]))
        cipher = ChaCha20Poly1305(_key(shared, raw[:32], key.public_key().public_bytes_raw()))
        opened = json.loads(cipher.decrypt(_NONCE, raw[32:], attempt.encode("utf-8")))
    except (ValueError, InvalidTag) as error:
        raise SealError("this was not sealed for this server and attempt") from error
    if not isinstance(opened, dict) or not all(isinstance(value, str) for value in opened.values()):
        raise SealError("what was sealed is no texts by name")
    return opened


def _key(shared: bytes, sender: bytes, receiver: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meroppet-seal-1" + sender + receiver).derive(
        shared
    )
