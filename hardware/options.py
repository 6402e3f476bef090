"""What an installer may say about one device. Apart from the ports: whoever only names a key needs no models."""

from pydantic import BaseModel, ConfigDict


class DriverOptions(BaseModel):
    """Closed and frozen, so that a misspelt option is refused. Base of every driver's own `Options`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
