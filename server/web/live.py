"""Parts of a page that keep themselves up to date: rendered again when their topics wake, sent when they differ."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from fastapi import Request
from starlette.responses import StreamingResponse

from server.web.gate import visitor
from server.web.parts import StaffParts

LOOK_EVERY_SECONDS = 15.0
"""Hours change and devices fall silent without anybody waking us."""

GATHER_SECONDS = 0.1
"""A tap at the door is several rows; one drawing of them is enough."""


def live(
    request: Request, parts: StaffParts, topics: Sequence[str], render: Callable[[], Awaitable[str]]
) -> StreamingResponse:
    """A stream of what `render` makes, each time it comes out otherwise than before."""
    return StreamingResponse(
        _parts(request, parts, topics, render),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _parts(
    request: Request, parts: StaffParts, topics: Sequence[str], render: Callable[[], Awaitable[str]]
) -> AsyncIterator[str]:
    shown = ""
    with parts.hub.listening(*topics) as ear:
        while not parts.hub.is_closed and await visitor(request, parts) is not None:
            now = await render()
            yield message(now) if now != shown else ": still here\n\n"
            shown = now
            if await ear.heard(LOOK_EVERY_SECONDS):
                await asyncio.sleep(GATHER_SECONDS)


def message(html: str) -> str:
    """One server-sent event; a line end within it begins another data line."""
    return "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
