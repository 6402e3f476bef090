"""The manner of every wire model: frozen; closed to unknown fields but in answers, which newer servers add to."""

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """Sent by a device; an unknown field is a mistake and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reply(BaseModel):
    """Sent by the server; an older device ignores what it does not know yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Document(BaseModel):
    """Written by people, kept, and sent as it was written; an unknown key is refused wherever it is read.

    What a device does not understand may be a restriction: a document with such a key is none, and the branch closed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
