"""The branch's keys as a device holds them: in memory, from each boot's answer, never on its disk."""

import base64
from dataclasses import dataclass, field

from meroppet.rules.credentials import CardNumber
from meroppet.wire.digests import subject_digest
from meroppet.wire.enrolment import BootReply


@dataclass(frozen=True, slots=True)
class Keys:
    """One key for the digests of cards, one for learned PINs."""

    digest: bytes = field(repr=False)
    pin: bytes = field(repr=False)

    def subject(self, card: CardNumber) -> str:
        """A card's keyed digest: 32 hex digits."""
        return subject_digest(self.digest, card.value)


def keys_of(reply: BootReply) -> Keys:
    """The keys in the server's answer; ValueError if they are none."""
    return Keys(base64.b64decode(reply.digest_key, validate=True), base64.b64decode(reply.pin_key, validate=True))
