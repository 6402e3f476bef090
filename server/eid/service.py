"""The e-IDs of one server, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.eid.ports import Eid
from server.eid.registry import EidError, open_eid
from server.eid.settings import EidSettings


@dataclass(frozen=True, slots=True)
class Eids:
    """The e-IDs patrons may choose, in the installer's order; none is a choice too."""

    by_name: Mapping[str, Eid] = field(default_factory=dict)

    @property
    def offered(self) -> tuple[tuple[str, str], ...]:
        """Pairs of name and title."""
        return tuple((name, eid.title) for name, eid in self.by_name.items())

    def of(self, name: str) -> Eid | None:
        """The e-ID with this name."""
        return self.by_name.get(name)

    async def close(self) -> None:
        """Give their connections back."""
        for eid in self.by_name.values():
            await eid.close()


def open_eids(chosen: Sequence[EidSettings]) -> Eids:
    """The chosen e-IDs, opened; EidError where one cannot be, or is chosen twice."""
    opened: dict[str, Eid] = {}
    for choice in chosen:
        if choice.driver in opened:
            raise EidError(f"eid driver {choice.driver!r} is chosen twice; keep one")
        opened[choice.driver] = open_eid(choice.driver, choice.options)
    return Eids(opened)
