"""Rendering a page with what every staff page needs: who is signed in, the form token, where one is."""

from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse

from server.staff.service import SignedIn
from server.web.forms import keep_visit, token_of
from server.web.parts import parts_of


def show(
    request: Request, template: str, *, me: SignedIn | None = None, status: int = 200, **context: Any
) -> HTMLResponse:
    """The page. Templates always have `me` (or none) and `form_token`."""
    if not hasattr(request.state, "fresh_visit"):
        # Refused before the dependencies ran (an address nobody knows): there is no form on such a page.
        request.state.fresh_visit = ""
    answer = parts_of(request).pages.render(
        request, template, status=status, me=me, form_token=token_of(request), **context
    )
    if request.state.fresh_visit:
        keep_visit(request, answer)
    return answer
