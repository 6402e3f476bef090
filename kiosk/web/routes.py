"""Addresses of the kiosk's page: the page, its stream, its panel's sizes, and one address an intent."""

from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from kiosk.panel import Panel
from kiosk.session import SessionShell
from kiosk.web.live import stages
from kiosk.web.rendering import STATIC, Rendering
from meroppet.pages import SecurityHeaders, mount_static
from meroppet.rules.checkout import Cancelled, Chosen, Finished, KeyPressed, Task, Touched

Intent = Callable[[SessionShell, FormData], None]


def _choose(kiosk: SessionShell, form: FormData) -> None:
    kiosk.happen(Chosen(Task(str(form["task"])), kiosk.new_session()))


def _key(kiosk: SessionShell, form: FormData) -> None:
    kiosk.happen(KeyPressed(str(form["key"])))


def _language(kiosk: SessionShell, form: FormData) -> None:
    kiosk.present(kiosk.presentation.speaking(str(form["lang"])))


INTENTS: Mapping[str, Intent] = {
    "choose": _choose,
    "key": _key,
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
        if intent is None or not _is_ours(request, hosts):
            return PlainTextResponse("no such thing to touch", status_code=404 if intent is None else 403)
        async with request.form(max_files=0, max_fields=4) as form:
            return await _done(request, intent, form)

    async def _done(request: Request, intent: Intent, form: FormData) -> Response:
        try:
            intent(kiosk, form)
        except (KeyError, ValueError):
            return PlainTextResponse("that cannot be meant", status_code=400)
        await kiosk.heard()
        return Response(status_code=204) if "HX-Request" in request.headers else RedirectResponse("/", status_code=303)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/live", live),
            Route("/panel.css", stylesheet),
            Route("/do/{intent}", do, methods=["POST"]),
        ]
    )
    mount_static(app, STATIC)
    app.add_middleware(SecurityHeaders)
    return app


def _is_ours(request: Request, hosts: frozenset[str]) -> bool:
    """Whether the touch came from this very page: another page in the same browser has no business here."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    return (request.url.hostname or "") in hosts and site in {"same-origin", "none"}
