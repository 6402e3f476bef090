"""The whole device API as one app: what listens on the device port, and nothing else does."""

from fastapi import FastAPI

from meroppet.wire.problems import Problem
from server.body_limit import BodyLimit
from server.devices import routes as devices
from server.devices.parts import DeviceParts
from server.devices.problems import answer_with_problems
from server.devices.turns import DecisionsFirst
from server.journal import routes as journal
from server.passes import routes as passes
from server.registers import routes as registers
from server.replication import routes as replication
from server.terms import routes as terms

PREFIX = "/api/device/v1"
_DECISIONS = frozenset({f"{PREFIX}/verify", f"{PREFIX}/ils/patron"})


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
    for router in (devices.router, replication.router, journal.router, registers.router, passes.router, terms.router):
        app.include_router(router, prefix=PREFIX)
    answer_with_problems(app)
    if parts is not None:
        app.add_middleware(DecisionsFirst, turns=parts.turns, paths=_DECISIONS)
    app.add_middleware(BodyLimit)
    return app
