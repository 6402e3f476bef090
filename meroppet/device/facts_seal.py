"""What a device keeps of a patron beside a learned PIN, sealed under the branch's PIN key, which no disk holds."""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from meroppet.wire.verify import WireFacts

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Known:
    """What the register said when the PIN was learned, of whom (the subject digest), and when."""

    subject: str
    facts: WireFacts
    as_of: datetime


def key_name(key: bytes) -> str:
    """A key's name, by which what was sealed under another is found; it tells nothing of the key."""
    return hmac.digest(key, b"meroppet-pin-key-name-1", "sha256").hex()[:16]


def seal(key: bytes, card: str, known: Known) -> bytes:
    """The known, readable with the key only, and only as this card's (a digest)."""
    text = json.dumps([known.subject, known.facts.model_dump(mode="json"), known.as_of.isoformat()])
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_derived(key)).encrypt(nonce, text.encode("utf-8"), card.encode("ascii"))


def unseal(key: bytes, card: str, sealed: bytes) -> Known | None:
    """What was sealed for this card under this key; None for anything else."""
    try:
        opened = AESGCM(_derived(key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], card.encode("ascii"))
        subject, facts, as_of = json.loads(opened)
        return Known(str(subject), WireFacts.model_validate(facts), datetime.fromisoformat(as_of))
    except (InvalidTag, ValueError, TypeError):
        return None


def _derived(key: bytes) -> bytes:
    # A key of its own, so that nothing made for one purpose says anything about the other.
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meroppet-learned-facts-1").derive(key)
