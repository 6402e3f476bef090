"""Addresses of the kiosk's page: the page, its stream, its panel's sizes, and one address an intent."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kiosk.panel import Panel
from kiosk.session import SessionShell
from kiosk.web.live import stages
from kiosk.web.rendering import STATIC, Rendering
from meroppet.pages import SecurityHeaders, mount_static
from meroppet.rules.papers import PaperAnswer
from meroppet.rules.session import Cancelled, Chosen, Finished, KeyPressed, PaperTouched, Task, Touched

Intent = Callable[[SessionShell, FormData], None]


def _choose(kiosk: SessionShell, form: FormData) -> None:
    kiosk.happen(Chosen(Task(str(form["task"])), kiosk.new_session()))


def _key(kiosk: SessionShell, form: FormData) -> None:
    kiosk.happen(KeyPressed(str(form["key"])))


def _paper(kiosk: SessionShell, form: FormData) -> None:
    # What she answers is an answer to the words on the screen, in the language they stand in.
    kiosk.happen(PaperTouched(PaperAnswer(str(form["answer"])), kiosk.presentation.lang))


def _language(kiosk: SessionShell, form: FormData) -> None:
    kiosk.present(kiosk.presentation.speaking(str(form["lang"])))


INTENTS: Mapping[str, Intent] = {
    "choose": _choose,
    "key": _key,
    "paper": _paper,
    "stay": lambda kiosk, _: kiosk.happen(Touched()),
    "finish": lambda kiosk, _: kiosk.happen(Finished()),
    "cancel": lambda kiosk, _: kiosk.happen(Cancelled()),
    "language": _language,
    "lower": lambda kiosk, _: kiosk.present(kiosk.presentation.turned()),
}
"""Everything a touch can mean."""


def create_app(kiosk: SessionShell, rendering: Rendering, panel: Panel, hosts: frozenset[str]) -> Starlette:
    """The page's ASGI application. `hosts` are the names by which the browser may call it."""

    async def page(_: Request) -> Response:
        return HTMLResponse(rendering.page())

    async def live(_: Request) -> Response:
        return StreamingResponse(stages(kiosk, rendering), media_type="text/event-stream")

    async def stylesheet(_: Request) -> Response:
        return PlainTextResponse(panel.stylesheet(), media_type="text/css")

    async def do(request: Request) -> Response:
        intent = INTENTS.get(request.path_params["intent"])
        if intent is None or not _is_own_touch(request):
            return PlainTextResponse("no such thing to touch", status_code=404 if intent is None else 403)
        async with request.form(max_files=0, max_fields=4) as form:
            return await _done(request, intent, form)

    async def _done(request: Request, intent: Intent, form: FormData) -> Response:
        try:
            intent(kiosk, form)
        except (KeyError, ValueError):
            return PlainTextResponse("the form is incomplete", status_code=400)
        await kiosk.heard()
        return Response(status_code=204) if "HX-Request" in request.headers else RedirectResponse("/", status_code=303)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/live", live),
            Route("/panel.css", stylesheet),
            Route("/do/{intent}", do, methods=["POST"]),
        ],
        exception_handlers={404: _lost(rendering), 405: _lost(rendering)},
    )
    mount_static(app, STATIC)
    app.add_middleware(OwnNames, hosts=hosts)
    app.add_middleware(SecurityHeaders)
    return app


def _lost(rendering: Rendering) -> Callable[[Request, Exception], Response]:
    """An address nobody knows: on a wall that must not be a dead end, so the way to the first screen is on it."""

    def lost(_: Request, met: Exception) -> Response:
        status = met.status_code if isinstance(met, HTTPException) else 404
        return HTMLResponse(rendering.lost(), status_code=status)

    return lost


class OwnNames:
    """Turns away who calls the page by another name: another site's name that points here could read the screen."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and _host(Headers(scope=scope).get("host", "")) not in self._hosts:
            await PlainTextResponse("this screen has another name", status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _host(netloc: str) -> str:
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def _is_own_touch(request: Request) -> bool:
    """Whether the touch came from this very page: another page in the same browser has no business here."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    # Browsers before 2023 say only the origin; what says neither is no browser, and no page can make it.
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
