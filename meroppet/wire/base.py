"""The manner of every wire model: frozen, closed to unknown fields in requests, open to new ones in answers."""

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """Sent by a device; an unknown field is a mistake and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reply(BaseModel):
    """Sent by the server; an older device ignores what it does not know yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")
