"""What a PIN is checked by without the register: a hash under the branch's PIN key, of learned PINs and of passes'.

No hash saves four digits; what does is the branch's key, which devices hold in memory only, and the attempt counters.
"""

import hashlib
import hmac

from argon2.low_level import Type, hash_secret_raw

from meroppet.rules.credentials import Pin

SALT_BYTES = 16
_HASH_BYTES = 32


def pin_verifier(key: bytes, subject: str, pin: Pin, salt: bytes) -> bytes:
    """The salt (16 fresh random bytes) and the hash (32 bytes) of a PIN, bound to the card of this subject digest.

    Takes some 20 ms and 9 MiB: belongs in a thread. Raises ValueError for another length of salt.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt is {SALT_BYTES} bytes, not {len(salt)}")
    return salt + _hash(key, subject, pin, salt)


def pin_agrees(key: bytes, subject: str, pin: Pin, verifier: bytes) -> bool:
    """Whether the PIN is the one the verifier was made of; False for what is no verifier."""
    if len(verifier) != SALT_BYTES + _HASH_BYTES:
        return False
    salt, known = verifier[:SALT_BYTES], verifier[SALT_BYTES:]
    return hmac.compare_digest(_hash(key, subject, pin, salt), known)


def _hash(key: bytes, subject: str, pin: Pin, salt: bytes) -> bytes:
    keyed = hmac.new(key, f"{subject}:{pin.digits}".encode(), hashlib.sha256).digest()
    # Of those OWASP calls equal for argon2id the one whose slowest try is quickest: less memory to be had anew.
    return hash_secret_raw(
        keyed, salt, time_cost=4, memory_cost=9_216, parallelism=1, hash_len=_HASH_BYTES, type=Type.ID
    )
