"""Whose rows a session may see and write: given once when it is opened, enforced by the guard."""

from dataclasses import dataclass


class UnscopedQuery(PermissionError):
    """A statement on somebody's table that does not say whose rows it means; always a mistake in our code."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One consortium, one controller within it, or (with a reason that can be searched for) everybody."""

    consortium: str | None = None
    controller: str | None = None
    why: str = ""

    @classmethod
    def of_consortium(cls, consortium: str) -> "Scope":
        """All rows of one consortium."""
        return cls(consortium=consortium)

    @classmethod
    def of_controller(cls, consortium: str, controller: str) -> "Scope":
        """One controller's rows, and those the consortium holds in common."""
        return cls(consortium=consortium, controller=controller)

    @property
    def is_open(self) -> bool:
        """Whether nothing is filtered."""
        return bool(self.why)


NOBODY = Scope()
"""The scope of a session that was given none: tables with an owner cannot be touched."""


def unscoped(why: str) -> Scope:
    """Everybody's rows. `why` is a sentence for whoever reads the code."""
    if not why:
        raise ValueError("leaving the scope needs a reason")
    return Scope(why=why)
