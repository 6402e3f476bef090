"""The phone of the stand-in: addresses that scan, start, sign and cancel, and a page from which a person does so."""

from collections.abc import Sequence
from html import escape
from typing import Annotated

from fastapi import FastAPI, Form
from starlette.responses import HTMLResponse, JSONResponse, Response

from server.eid.standin.orders import OnPhone, Orders, Person

Text = Annotated[str, Form()]

PAGE = """<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>Låtsas-BankID</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<main><h1>Låtsas-BankID</h1><p>En telefon för demo och prov. Ingen riktig legitimation.</p>{body}</main>
</body></html>"""


def phone(orders: Orders, people: Sequence[Person]) -> FastAPI:
    """What can be done with the phone, as an app of its own: BankID lets nobody in without a certificate."""
    app = FastAPI(title="BankID stand-in's phone", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/phone")
    async def page() -> Response:
        shown = "".join(_start_form(token) for token in orders.waiting()) or "<p>Ingen väntar.</p>"
        return HTMLResponse(PAGE.format(body=shown))

    @app.post("/phone/start")
    async def start(autostart: Text) -> Response:
        return _picked_up(orders.start(autostart))

    @app.post("/phone/open")
    async def opened(autostart: Text) -> Response:
        found = orders.start(autostart)
        body = "<p>Ingen sådan begäran.</p>" if found is None else _sign_form(found, people)
        return HTMLResponse(PAGE.format(body=body))

    @app.post("/phone/scan")
    async def scan(code: Text) -> Response:
        return _picked_up(orders.scan(code))

    @app.post("/phone/sign")
    async def sign(ref: Text, number: Text) -> Response:
        person = next((person for person in people if person.number == number), None)
        done = person is not None and orders.sign(ref, person)
        return HTMLResponse(
            PAGE.format(body="<p>Klart.</p>" if done else "<p>Det gick inte.</p>"), 200 if done else 409
        )

    @app.post("/phone/cancel")
    async def cancel(ref: Text, hint: Text = "userCancel") -> Response:
        done = orders.refuse(ref, hint)
        return HTMLResponse(PAGE.format(body="<p>Avbrutet.</p>"), 200 if done else 409)

    return app


def _picked_up(found: OnPhone | None) -> Response:
    if found is None:
        return JSONResponse({}, status_code=404)
    return JSONResponse({"ref": found.ref, "kind": found.kind, "text": found.text})


def _start_form(token: str) -> str:
    return (
        f'<form method="post" action="/phone/open"><input type="hidden" name="autostart" value="{escape(token)}">'
        '<button type="submit">Öppna den väntande begäran</button></form>'
    )


def _sign_form(found: OnPhone, people: Sequence[Person]) -> str:
    choices = "".join(
        f'<option value="{escape(person.number)}">{escape(person.given)} {escape(person.surname)}</option>'
        for person in people
    )
    ref = f'<input type="hidden" name="ref" value="{escape(found.ref)}">'
    return (
        f"<p>{escape(found.text)}</p>"
        f'<form method="post" action="/phone/sign">{ref}<label>Jag är <select name="number">{choices}</select></label>'
        '<button type="submit">Skriv under</button></form>'
        f'<form method="post" action="/phone/cancel">{ref}<button type="submit">Avbryt</button></form>'
    )
