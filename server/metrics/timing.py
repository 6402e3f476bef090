"""How long the server takes to answer a door that asks who somebody is; only how long, and of nobody."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meroppet.runtime.exposition import Family, Histogram

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class VerifyTimes:
    """Durations since this process started."""

    def __init__(self) -> None:
        self._histogram = Histogram("meroppet_verify_seconds", "From a door's question to its answer", BOUNDS)

    def observe(self, seconds: float) -> None:
        """Count one answer."""
        self._histogram.observe(seconds)

    def families(self) -> list[Family]:
        """What was counted."""
        return [self._histogram.family()]


class Timed:
    """Counts how long it takes until the answer to a request for one path is sent, whatever it says.

    What is done afterwards keeps nobody waiting at a door.
    """

    def __init__(self, app: ASGIApp, *, path: str, times: VerifyTimes, monotonic: Callable[[], float]) -> None:
        self._app, self._path, self._times, self._monotonic = app, path, times, monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count if it is the path."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        began = self._monotonic()

        async def sent(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._times.observe(self._monotonic() - began)

        await self._app(scope, receive, sent)
