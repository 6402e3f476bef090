"""Which e-IDs patrons may sign with: the installer's word."""

from typing import Any

from pydantic import ConfigDict, Field

from meroppet.runtime.settings import Group


class EidSettings(Group):
    """One e-ID: `driver` names it, every other key is that driver's option."""

    model_config = ConfigDict(frozen=True, extra="allow")

    driver: str = Field(description="name of an installed driver, such as bankid; its own options beside it")

    @property
    def options(self) -> dict[str, Any]:
        """What the driver itself will check."""
        return dict(self.model_extra or {})
