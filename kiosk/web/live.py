"""The stream that keeps the page true: a new stage whenever it looks different, at the latest a second later."""

import asyncio
from collections.abc import AsyncGenerator

from kiosk.session import SessionShell
from kiosk.web.rendering import Rendering

LOOK_SECONDS = 1.0
"""A clock's minute and the seconds left come by themselves; nobody announces them."""
HEARTBEAT_LOOKS = 15


async def stages(kiosk: SessionShell, rendering: Rendering) -> AsyncGenerator[str, None]:
    """Server-sent events: unnamed messages of HTML, and a comment now and then so that a lost browser is noticed."""
    changed = kiosk.listen()
    shown = None
    looks = 0
    try:
        while True:
            await _wait(changed)
            picture = rendering.picture()
            looks += 1
            if picture != shown:
                shown, looks = picture, 0
                yield message(rendering.stage(picture))
            elif looks >= HEARTBEAT_LOOKS:
                looks = 0
                yield ": still here\n\n"
    finally:
        kiosk.unlisten(changed)


def message(html: str) -> str:
    """One event; every line of the text needs its own field (HTML standard, 9.2.6)."""
    return "".join(f"data: {line}\n" for line in html.splitlines() if line.strip()) + "\n"


async def _wait(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await changed.wait()
    except TimeoutError:
        return
    changed.clear()
