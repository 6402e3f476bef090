"""Forged forms are refused: first by what the browser says of the request's origin, then by a token in the form.

The token is a digest of a cookie that other sites cannot set or read (`__Host-`), so nothing is stored for it.
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import UploadFile
from starlette.responses import Response

SESSION_COOKIE = "__Host-staff"
VISIT_COOKIE = "__Host-visit"
"""For forms of visitors who are not signed in."""
PATRON_COOKIE = "__Host-patron"
"""For patrons on their own pages."""

FIELD = "token"
HEADER = "X-Form-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Forged(Exception):
    """A request that did not come from one of our own pages."""


def token_for(cookie: str) -> str:
    """The token in forms for the holder of this cookie."""
    return hashlib.sha256(f"form\n{cookie}".encode()).hexdigest()


def token_of(request: Request) -> str:
    """The token for forms on the page that answers this request."""
    return token_for(_cookie(request) or request.state.fresh_visit)


def _cookie(request: Request) -> str:
    known = (request.cookies.get(name) for name in (SESSION_COOKIE, PATRON_COOKIE, VISIT_COOKIE))
    return next((cookie for cookie in known if cookie), "")


async def refuse_forged(request: Request) -> None:
    """For every route: raises Forged for an unsafe request from elsewhere, without a token, or with a wrong one.

    RequestValidationError where something in the request is no text at all.
    """
    request.state.fresh_visit = secrets.token_urlsafe(32)
    _require_text(request.url.path, *request.path_params.values(), *request.query_params.values())
    if request.method in SAFE:
        return
    if not _is_own_origin(request):
        raise Forged
    form = await request.form()
    given = str(request.headers.get(HEADER) or form.get(FIELD) or "")
    cookie = _cookie(request)
    if not cookie or not hmac.compare_digest(given.encode(), token_for(cookie).encode()):
        raise Forged
    _require_text(*(value.filename if isinstance(value, UploadFile) else value for value in form.values()))


def _require_text(*values: object) -> None:
    # No keyboard writes it, and PostgreSQL keeps no text with it.
    if any("\x00" in str(value) for value in values):
        raise RequestValidationError(["the character NUL stands in no text"])


def _is_own_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    # Browsers before 2023 send no Sec-Fetch-Site, but all send Origin with a POST.
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return bool(origin) and origin == request.headers.get("host", "")


def keep_visit(request: Request, response: Response) -> None:
    """Give a visitor without any cookie the one her form's token belongs to."""
    if not _cookie(request):
        set_cookie(response, VISIT_COOKIE, request.state.fresh_visit)


def set_cookie(response: Response, name: str, value: str) -> None:
    """A cookie for this host only, out of reach of scripts, gone with the browser."""
    response.set_cookie(name, value, secure=True, httponly=True, samesite="lax", path="/")


def drop_cookie(response: Response, name: str) -> None:
    """Forget a cookie."""
    response.delete_cookie(name, secure=True, httponly=True, samesite="lax", path="/")
