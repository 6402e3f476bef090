"""e-IDs by name, through entry points. There is no fallback: what cannot be opened is an error with a remedy."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from server.eid.ports import Eid

GROUP = "meroppet.drivers.eid"


class EidError(ValueError):
    """A chosen e-ID cannot be used; the message says which, and what to do."""


class EidOptions(BaseModel):
    """Closed and frozen, so that a misspelt option is refused. Base of every driver's own `Options`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def open_eid(name: str, options: Mapping[str, object]) -> Eid:
    """The driver built with these options; EidError if it is not there, cannot load, or an option is wrong."""
    driver = _load(name)
    try:
        return cast(Eid, driver(driver.Options(**options)))
    except ValidationError as error:
        # The value is left out: an option may be a secret.
        said = "; ".join(f"option {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise EidError(f"eid driver {name!r}: {said}") from error
    except Exception as error:
        raise EidError(f"eid driver {name!r} cannot be opened: {error}") from error


def _load(name: str) -> Any:
    offered = entry_points(group=GROUP)
    found = [point for point in offered if point.name == name]
    if not found:
        raise EidError(f"no eid driver {name!r}; installed: {', '.join(sorted(offered.names)) or 'none'}")
    if len(found) > 1:
        owners = " and ".join(sorted(point.dist.name if point.dist else "?" for point in found))
        raise EidError(f"eid driver {name!r} is offered twice, by {owners}; uninstall one")
    try:
        return found[0].load()
    except Exception as error:
        raise EidError(f"eid driver {name!r} cannot load: {error}") from error
