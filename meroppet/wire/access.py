"""What devices are told beside hours and rights: tags and codes, locked cards, acknowledged alarms."""

from pydantic import Field

from meroppet.wire.base import Document
from meroppet.wire.weekly import WeeklyDocument
from meroppet.wire.written import Moment


class PassDocument(Document):
    """A tag or code handed out (kind "pass"; the key is its digest under the branch's digest key).

    See meroppet.rules.passes.Pass; `verifier` is base64 of what its PIN is checked by, empty where it has none.
    """

    id: str
    kind: str
    windows: WeeklyDocument = WeeklyDocument()
    always: bool = False
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    once: bool = False
    verifier: str = ""


class LockDocument(Document):
    """A card at which too many wrong PINs were typed (kind "lock"; the key is its subject digest).

    `failures` at all doors together since the last right PIN, `locked_until` the end of a lock, `until_reset` that
    there is none before staff have reset the card. `cleared` counts the resets: a higher one than a device knows
    clears what it has counted itself.
    """

    failures: int = Field(ge=0)
    locked_until: Moment | None = None
    until_reset: bool = False
    cleared: int = Field(default=0, ge=0)


class AcknowledgedDocument(Document):
    """Staff have seen to the alarm of a door (kind "acknowledged"; the key is the device's id): guesses before `at`
    no longer make it take known cards only.
    """

    at: Moment
