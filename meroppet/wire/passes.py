"""Passes as devices hear of them, and a tag that is read to be handed out."""

import base64
from enum import StrEnum

from meroppet.rules.passes import Pass, PassKind
from meroppet.wire.access import PassDocument
from meroppet.wire.base import Reply, Request
from meroppet.wire.weekly import weekly_to_wire


def pass_from_wire(document: PassDocument) -> Pass:
    """The pass; ValueError where it cannot be meant: then there is none."""
    return Pass(
        id=document.id,
        kind=PassKind(document.kind),
        windows=document.windows.meant(),
        always=document.always,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        once=document.once,
        verifier=base64.b64decode(document.verifier, validate=True) or None,
    )


def pass_to_wire(held: Pass) -> PassDocument:
    """The pass as it is sent."""
    return PassDocument(
        id=held.id,
        kind=held.kind.value,
        windows=weekly_to_wire(held.windows),
        always=held.always,
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        once=held.once,
        verifier=base64.b64encode(held.verifier or b"").decode("ascii"),
    )


class TagOutcome(StrEnum):
    """What became of a tag held to a reader to be handed out."""

    DONE = "done"
    ITEM_TAG = "item_tag"
    """It is a book's."""
    UNREADABLE = "unreadable"
    """What was read can be no tag: a random number, or no number at all."""
    KNOWN = "known"
    """It is somebody's card or another pass's tag."""
    TOO_LATE = "too_late"
    """Nobody waits for a tag any more."""


class TagReadRequest(Request):
    """POST /api/device/v1/tags: the first tag read after the order. `sealed` holds {"card": …} bound to `order`.

    `unfit` says why what was read is no tag; then nothing is sealed.
    """

    order: str
    sealed: str = ""
    unfit: TagOutcome | None = None


class TagReadReply(Reply):
    """What became of it; a device that does not know an outcome says that it did not work."""

    outcome: str
