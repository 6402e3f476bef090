"""How much of a request's body is read, and for how long: nobody must fill the server's memory, disk or patience."""

import asyncio

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 1024 * 1024
BODY_WITHIN = 30.0
"""Seconds; a mebibyte takes so long over the slowest line a branch may have."""


class BodyLimit:
    """Refuses a body that is larger than the limit, without having read more than that of it, or takes too long."""

    def __init__(self, app: ASGIApp, within: float = BODY_WITHIN) -> None:
        self._app, self._within = app, within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken, is_whole = 0, False
        until = asyncio.get_running_loop().time() + self._within

        async def limited() -> Message:
            nonlocal taken, is_whole
            if is_whole:
                # After the body comes only the end of the connection, and for a stream that may take hours.
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408) from error
            taken += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if taken > BODY_LIMIT:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
