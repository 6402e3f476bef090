"""The staff pages as one app: what listens on the staff port."""

from pathlib import Path

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from meroppet.pages import Pages, SecurityHeaders, mount_static, pages
from server.audit import views as audit
from server.body_limit import BodyLimit
from server.devices import views as devices
from server.journal import views as journal
from server.organisations import views as organisations
from server.patrons import views as patrons
from server.schedules import views as schedules
from server.staff import views as staff
from server.web.forms import Forged, refuse_forged
from server.web.gate import NeedsSignIn, NotAllowed, NotFound
from server.web.parts import HOME_ZONE, StaffParts
from server.web.show import show

HERE = Path(__file__).parent
STATIC = {"server": HERE / "static"}


def staff_templates() -> Pages:
    """The staff pages' templates and sentences."""
    return pages(HERE / "templates", HERE / "i18n", static=STATIC, zone=HOME_ZONE)


def staff_pages(parts: StaffParts) -> FastAPI:
    """The app."""
    app = FastAPI(
        title="Meröppet", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(refuse_forged)]
    )
    app.state.parts = parts
    for feature in (staff, organisations, schedules, patrons, journal, devices, audit):
        app.include_router(feature.router)
    _answer_refusals(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    mount_static(app, STATIC)
    return app


def _answer_refusals(app: FastAPI) -> None:
    @app.exception_handler(NeedsSignIn)
    async def _(request: Request, _error: NeedsSignIn) -> Response:
        # 401 and the form itself: a page left open overnight asks for a password where the list was.
        answer = show(request, "sign_in.html", status=401, wrong=None, next=_return_to(request))
        answer.headers["HX-Redirect"] = "/sign-in"
        return answer

    @app.exception_handler(NotAllowed)
    async def _(request: Request, _error: NotAllowed) -> Response:
        return show(request, "refused.html", status=403, why="not_allowed")

    @app.exception_handler(Forged)
    async def _(request: Request, _error: Forged) -> Response:
        return show(request, "refused.html", status=403, why="forged")

    @app.exception_handler(NotFound)
    async def _(request: Request, _error: NotFound) -> Response:
        return show(request, "refused.html", status=404, why="not_found")

    @app.exception_handler(404)
    async def _(request: Request, _error: Exception) -> Response:
        return show(request, "refused.html", status=404, why="not_found")


def _return_to(request: Request) -> str:
    is_page = request.method == "GET" and not request.url.path.endswith("/live")
    return request.url.path if is_page else "/"
