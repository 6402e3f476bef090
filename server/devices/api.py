"""The whole device API as one app: what listens on the device port, and nothing else does."""

from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meroppet.wire.problems import Problem
from server.devices import routes as devices
from server.devices.parts import DeviceParts
from server.devices.problems import answer_with_problems
from server.journal import routes as journal
from server.registers import routes as registers
from server.replication import routes as replication

PREFIX = "/api/device/v1"
BODY_LIMIT = 1024 * 1024


class BodyLimit:
    """Refuses a request whose body is larger than the limit, without having read more than that of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_LIMIT:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)


def device_api(parts: DeviceParts | None = None) -> FastAPI:
    """The app. Without parts it can only describe itself (openapi)."""
    app = FastAPI(
        title="Meröppet device API",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses={"4XX": {"model": Problem}, "5XX": {"model": Problem}},
    )
    app.state.parts = parts
    for router in (devices.router, replication.router, journal.router, registers.router):
        app.include_router(router, prefix=PREFIX)
    answer_with_problems(app)
    app.add_middleware(BodyLimit)
    return app
