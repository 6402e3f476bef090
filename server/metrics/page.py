"""GET /metrics, for a Prometheus on the same machine."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meroppet.runtime.exposition import MEDIA_TYPE, text
from server.db import Database
from server.metrics.service import device_families, register_families
from server.metrics.timing import VerifyTimes
from server.registers.service import Registers

OWN_NAMES = ("localhost", "127.0.0.1")
"""Another site's name that points here could otherwise be used to read the page in a browser of this machine."""


def metrics_page(database: Database, registers: Registers, times: VerifyTimes) -> Starlette:
    """The app that answers on the port for monitoring, and has nothing else."""

    async def metrics(_request: Request) -> Response:
        families = [
            *await device_families(database),
            *register_families(registers.views()),
            *times.families(),
        ]
        return Response(text(families), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=list(OWN_NAMES), www_redirect=False)
    return Starlette(routes=[Route("/metrics", metrics, methods=["GET"])], middleware=[hosts])
