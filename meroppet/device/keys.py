"""The branch's keys as a device holds them: in memory, from each boot's answer, never on its disk."""

import base64
from dataclasses import dataclass, field

from meroppet.rules.credentials import CardNumber
from meroppet.wire.digests import subject_digest
from meroppet.wire.enrolment import BootReply


@dataclass(frozen=True, slots=True)
class Keys:
    """One key for the digests of cards, one for learned PINs, one to check the server's word by."""

    digest: bytes = field(repr=False)
    pin: bytes = field(repr=False)
    sign_public: str = ""
    """By which the server signs what it holds of the journal (Ed25519, base64); empty: it does not."""

    def subject(self, card: CardNumber) -> str:
        """A card's keyed digest: 32 hex digits."""
        return subject_digest(self.digest, card.value)


def keys_of(reply: BootReply) -> Keys:
    """The keys in the server's answer; ValueError if they are none."""
    digest, pin = (base64.b64decode(key, validate=True) for key in (reply.digest_key, reply.pin_key))
    return Keys(digest, pin, reply.sign_public)
