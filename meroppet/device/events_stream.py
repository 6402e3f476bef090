"""Server-sent events as the device reads them (HTML Living Standard §9.2): lines in, wake-ups and orders out."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from meroppet.wire.base import Reply
from meroppet.wire.commands import Order, StrangeOrder, WakeUp


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The server is there and has nothing to say."""


R = TypeVar("R", bound=Reply)
Word = WakeUp | Order | StrangeOrder | Heartbeat


async def words(lines: AsyncIterator[str]) -> AsyncGenerator[Word, None]:
    """What a stream's lines say.

    An order this version does not know is a StrangeOrder; any other event it cannot read is a Heartbeat.
    """
    event, data = "", ""
    async for line in lines:
        if line == "":
            if event or data:
                yield _word(event, data)
            event, data = "", ""
        elif line.startswith(":"):
            yield Heartbeat()
        else:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value
            elif name == "data":
                data = f"{data}\n{value}" if data else value


def _word(event: str, data: str) -> Word:
    match event:
        case "changed":
            return _read(WakeUp, data) or Heartbeat()
        case "order":
            return _read(Order, data) or _read(StrangeOrder, data) or Heartbeat()
        case _:
            return Heartbeat()


def _read(kind: type[R], data: str) -> R | None:
    try:
        return kind.model_validate_json(data)
    except ValidationError:
        return None
