"""Which sites may show the public pages in a frame, as pure ASGI middleware around the headers of all pages."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/public/"


class PublicHeaders:
    """For addresses beneath /public/: may be fetched from elsewhere, and framed by `ancestors`; all others as they are.

    Lies outside of SecurityHeaders, whose word it softens here and nowhere else.
    """

    def __init__(self, app: ASGIApp, ancestors: Sequence[str]) -> None:
        self._app = app
        self._framing = f"frame-ancestors {' '.join(ancestors)}" if ancestors else "frame-ancestors 'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return

        async def softened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                policy = headers.get("Content-Security-Policy", "")
                headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", self._framing)
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                if self._framing != "frame-ancestors 'none'":
                    # The older header knows no list; where both are, browsers may obey the stricter.
                    del headers["X-Frame-Options"]
            await send(message)

        await self._app(scope, receive, softened)
