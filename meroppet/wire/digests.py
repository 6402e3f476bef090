"""How a person is named between devices and server: a digest under the branch's key, useless without it."""

import hashlib
import hmac


def subject_digest(branch_key: bytes, number: str) -> str:
    """32 hex digits: the first 16 bytes of HMAC-SHA256 of a canonical card number under the branch's digest key."""
    return hmac.new(branch_key, number.encode("utf-8"), hashlib.sha256).hexdigest()[:32]
