"""How a person is named between devices and server: a digest under the branch's key, useless without it."""

import hmac


def subject_digest(branch_key: bytes, number: str) -> str:
    """32 hex digits: the first 16 bytes of HMAC-SHA256 of a canonical card number under the branch's digest key."""
    return hmac.digest(branch_key, number.encode("utf-8"), "sha256").hex()[:32]


def code_digest(branch_key: bytes, digits: str) -> str:
    """The digest of a typed code. A card of the same digits has another: whoever reads out a code is no card."""
    return subject_digest(branch_key, f"code {digits}")
