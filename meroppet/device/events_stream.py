"""Server-sent events as the device reads them (HTML Living Standard §9.2): lines in, wake-ups and orders out."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from pydantic import ValidationError

from meroppet.wire.commands import Order, WakeUp


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The server is there and has nothing to say."""


Word = WakeUp | Order | Heartbeat


async def words(lines: AsyncIterator[str]) -> AsyncGenerator[Word, None]:
    """What a stream's lines say. An event this version does not know, or cannot read, is a Heartbeat."""
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
    try:
        match event:
            case "changed":
                return WakeUp.model_validate_json(data)
            case "order":
                return Order.model_validate_json(data)
            case _:
                return Heartbeat()
    except ValidationError:
        return Heartbeat()
