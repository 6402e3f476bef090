"""Which languages pages speak, and how a visitor chooses one; no sentence lives here."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "lang"
QUERY = "lang"


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its code (BCP 47) and by the name its speakers use; flags stand for countries, not languages."""

    code: str
    own_name: str


LANGUAGES = (Language("sv", "Svenska"), Language("en", "English"))
DEFAULT = LANGUAGES[0].code
_CODES = frozenset(language.code for language in LANGUAGES)


def known(code: str | None) -> str:
    """The code itself when pages speak it, else the default."""
    return code if code in _CODES else DEFAULT


def of_request(request: Request) -> str:
    """What was asked for in the address, else remembered in the cookie, else the browser's own, else Swedish."""
    chosen = request.query_params.get(QUERY) or request.cookies.get(COOKIE)
    return known(chosen or preferred(request.headers.get("accept-language", "")))


def preferred(header: str) -> str | None:
    """The first language of an Accept-Language header that pages speak (RFC 9110, 12.5.4); None when there is none."""
    wanted = sorted((_wish(part) for part in header.split(",")), key=lambda wish: -wish[1])
    return next((code for code, weight in wanted if weight > 0 and code in _CODES), None)


def _wish(part: str) -> tuple[str, float]:
    tag, _, weight = part.replace(" ", "").partition(";q=")
    try:
        return tag.split("-")[0].lower(), float(weight or 1)
    except ValueError:
        return "", 0.0


def remember(request: Request, response: Response) -> None:
    """Keeps a choice made in the address until the browser closes."""
    asked = request.query_params.get(QUERY)
    if asked in _CODES:
        response.set_cookie(COOKIE, asked, httponly=True, samesite="lax", path="/")
