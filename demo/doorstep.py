"""What the door says of itself on its read-only status page: whether it knows its branch and can admit anybody."""

import asyncio
import json

from demo.ports import HOST

WITHIN = 1.0


async def facts(port: int) -> dict[str, object]:
    """The door's own facts; empty while it does not answer."""
    try:
        async with asyncio.timeout(WITHIN):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = await reader.read(64 * 1024)
            finally:
                writer.close()
        found = json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def admits(known: dict[str, object]) -> bool:
    """Whether the door could let somebody in: it has keys, a state by its hours, a clock it trusts, and the server."""
    return bool(known.get("keys") and known.get("state") and known.get("server") and known.get("clock") != "none")
