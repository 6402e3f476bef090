"""The staff pages as one app: what listens on the staff port."""

from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from meroppet.pages import Pages, SecurityHeaders, mount_static, pages
from meroppet.pages.headers import HEADERS
from server.applications import sign_in_views as patron_sign_in
from server.applications import staff_views as applications
from server.applications import views as own_pages
from server.applications.throttle import Throttle
from server.asking import views as asking
from server.attempts import views as attempts
from server.audit import views as audit
from server.body_limit import BodyLimit
from server.cards import views as cards
from server.closings import views as closings
from server.devices import views as devices
from server.journal import views as journal
from server.organisations import views as organisations
from server.passes import patron_views as patron_tags
from server.passes import views as passes
from server.patrons import brake_views as brake
from server.patrons import bulk_views as several
from server.patrons import ending_views as ending
from server.patrons import rekey_views as rekeying
from server.patrons import suspension_views as suspensions
from server.patrons import views as patrons
from server.policies import views as policies
from server.registers import views as registers
from server.schedules import calendar_views as calendar
from server.schedules import exception_views as exception
from server.schedules import exceptions_views as exceptions
from server.schedules import history_views as history
from server.schedules import import_views as imports
from server.schedules import listed_views as listed
from server.schedules import public_views as public
from server.schedules import quick_views as quick
from server.schedules import views as schedules
from server.schedules import wide_views as wide
from server.schedules.public_headers import PublicHeaders
from server.schedules.shelf import Shelf
from server.staff import views as staff
from server.terms import desk_views as terms_desk
from server.terms import views as terms
from server.web.forms import Forged, refuse_forged
from server.web.gate import NeedsSignIn, NotAllowed, NotFound, visitor
from server.web.parts import HOME_ZONE, StaffParts, parts_of
from server.web.show import show

HERE = Path(__file__).parent
HOURS = (calendar, closings, exception, exceptions, history, imports, listed, public, quick, wide)
FEATURES = (
    *(staff, organisations, schedules),
    *HOURS,
    *(patrons, attempts, passes, patron_tags, suspensions, several, ending, rekeying, brake, policies),
    *(asking, journal, devices, audit, registers, cards),
    *(applications, patron_sign_in, own_pages, terms, terms_desk),
)
"""In the order in which addresses are looked for."""
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
    app.state.shelf = Shelf()
    app.state.throttle = Throttle(parts.clock)
    for feature in FEATURES:
        app.include_router(feature.router)
    _answer_refusals(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(PublicHeaders, ancestors=parts.public.frame_ancestors)
    mount_static(app, STATIC)
    return app


def _answer_refusals(app: FastAPI) -> None:
    @app.exception_handler(NeedsSignIn)
    async def _(request: Request, _error: NeedsSignIn) -> Response:
        # 401 and the form itself: a page left open overnight asks for a password where the list was.
        answer = show(request, "sign_in.html", status=401, wrong=None, next=_return_to(request), username="")
        answer.headers["HX-Redirect"] = "/sign-in"
        return answer

    _answer(app, NotAllowed, 403, "not_allowed")
    _answer(app, Forged, 403, "forged")
    _answer(app, NotFound, 404, "not_found")
    _answer(app, 404, 404, "not_found")
    _answer(app, 405, 405, "not_found")
    _answer(app, RequestValidationError, 422, "not_found")
    app.add_exception_handler(500, _broken)


def _answer(app: FastAPI, error: type[Exception] | int, status: int, why: str) -> None:
    async def refused(request: Request, met: Exception) -> Response:
        # Whoever is signed in keeps her way back: the menu stays.
        me = await visitor(request, parts_of(request))
        answer = show(request, _refusal_page(request), me=me, status=status, why=why)
        answer.headers.update(getattr(met, "headers", None) or {})
        return answer

    app.add_exception_handler(error, refused)


def _refusal_page(request: Request) -> str:
    # A patron has no use for the menu of staff.
    return "my_refused.html" if request.url.path.split("/")[1] == "my" else "refused.html"


def _broken(request: Request, _error: Exception) -> Response:
    """Nothing that could break again is asked: no database, no visitor. The server's own log has the error."""
    answer = show(request, _refusal_page(request), status=500, why="broken")
    # This answer is made outside the middleware that adds them.
    answer.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return answer


def _return_to(request: Request) -> str:
    is_page = request.method == "GET" and not request.url.path.endswith("/live")
    return request.url.path if is_page else "/"
