"""A program that is told by a line of JSON: how public PCs, signs and building systems of any kind are reached."""

import json
from collections.abc import Mapping

from pydantic import Field

from hardware.options import DriverOptions
from hardware.program import find, run


class ProgramOptions(DriverOptions):
    """`command` is the program with its arguments; no shell reads it."""

    command: tuple[str, ...] = Field(min_length=1)
    within_seconds: float = Field(10.0, gt=0, le=60)


class ProgramMessenger:
    """One run of the program a message."""

    Options = ProgramOptions

    def __init__(self, options: ProgramOptions) -> None:
        self._options = options

    async def tell(self, message: Mapping[str, str | int]) -> bool:
        """Whether the program took the message and ended well."""
        line = json.dumps(dict(message), ensure_ascii=False) + "\n"
        return await run(self._options.command, line.encode(), within=self._options.within_seconds)

    async def check(self) -> None:
        """Raise Lost when there is no such program."""
        find(self._options.command[0])

    async def close(self) -> None:
        """Nothing is held between two messages."""
