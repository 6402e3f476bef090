"""The branch page's application: one page, one stream, and one address for everything hands can do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from demo.books import BOOKS
from demo.house import House
from demo.people import ODD_CARDS, PEOPLE
from demo.web.hands import Clumsy, act
from demo.web.view import view
from meroppet.pages import Pages, SecurityHeaders, mount_static, pages
from meroppet.pages.origin import says_own_page

HERE = Path(__file__).parent
STATIC = {"demo": HERE / "static"}
LOOK_EVERY = 0.1
"""Seconds between two looks at the board; a strike's release is seen at once for any eye."""
HEARTBEAT_LOOKS = 100


class BranchPage:
    """Renders one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._pages: Pages = pages(
            HERE / "templates", HERE / "i18n", static=STATIC, theme=house.place.consortium.id, zone=house.clock.zone
        )

    async def show(self, request: Request) -> Response:
        """The page."""
        house, lang = self._house, self._pages.language(request)
        gettext = self._pages.translator(lang).gettext
        return self._pages.render(
            request,
            "branch.html",
            branch=house.place.branch,
            consortium=house.place.consortium,
            view=view(house, self._pages, lang),
            url_live=f"/live?lang={lang}",
            cards=_cards(),
            books=BOOKS,
            links={
                "kiosk": house.addresses.kiosk,
                "staff": house.addresses.staff,
                "patrons": house.addresses.patrons,
                "phone": house.addresses.phone,
            },
            parts=[(gettext(name), words) for name, words in house.parts()],
            hours=_hours(gettext),
            sign_in=house.plan.sign_in(),
        )

    async def live(self, request: Request) -> Response:
        """The stream: a moment whenever something differs from the one before."""
        moments = self._moments(self._pages.language(request))
        return StreamingResponse(moments, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _moments(self, lang: str) -> AsyncIterator[str]:
        said, looks = "", 0
        while not self._house.is_stopping:
            now = json.dumps(view(self._house, self._pages, lang).document(), ensure_ascii=False)
            if now != said:
                said = now
                yield f"data: {now}\n\n"
            elif looks % HEARTBEAT_LOOKS == 0:
                yield ": alive\n\n"
            looks += 1
            await asyncio.sleep(LOOK_EVERY)

    async def hand(self, request: Request) -> Response:
        """Do what hands do; 400 with a sentence for what they cannot."""
        if not says_own_page(request):
            return PlainTextResponse("another site may not touch this entrance", status_code=403)
        try:
            done = await act(self._house, request.path_params["action"], _texts(await request.form()))
        except Clumsy as error:
            return PlainTextResponse(str(error), status_code=400)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"done": done})
        return RedirectResponse("/", status_code=303)


def create_app(house: House) -> Starlette:
    """The application of one house's branch page."""
    page = BranchPage(house)
    app = Starlette(
        routes=[
            Route("/", page.show),
            Route("/live", page.live),
            Route("/hand/{action}", page.hand, methods=["POST"]),
        ]
    )
    app.add_middleware(SecurityHeaders)
    # Another site's name that points here (DNS rebinding) is turned away.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    mount_static(app, STATIC)
    return app


def _texts(form: FormData) -> Mapping[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _cards() -> list[dict[str, object]]:
    people = [
        {"id": who.id, "name": who.name, "about": who.about, "pin": who.pin, "number": who.card, "odd": False}
        for who in PEOPLE
    ]
    odd = [
        {"id": card.id, "name": card.name, "about": card.about, "pin": card.pin, "number": "", "odd": True}
        for card in ODD_CARDS
    ]
    return [*people, *odd]


def _hours(gettext: Callable[[str], str]) -> list[tuple[str, str]]:
    return [
        ("03:00", gettext("At night, 03:00")),
        ("12:00", gettext("At noon, 12:00")),
        ("19:30", gettext("In the evening, 19:30")),
    ]
