"""What a journal row's event is: a kind, and a detail of codes and numbers."""

from dataclasses import dataclass, fields
from enum import Enum
from typing import ClassVar

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a device. Who it concerned is the journal row's keyed subject, never the detail."""

    kind: ClassVar[str]

    def detail(self) -> dict[str, Scalar]:
        """The event's fields as JSON scalars."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value.value if isinstance(value, Enum) else value for name, value in values}
