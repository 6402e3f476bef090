"""What a device is told instead of an answer: problem details (RFC 9457) with a closed code, never a trace."""

import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from meroppet.wire.problems import MEDIA_TYPE, Problem, ProblemCode

logger = logging.getLogger(__name__)

_TOLD: dict[ProblemCode, tuple[int, str]] = {
    ProblemCode.BAD_REQUEST: (400, "the request cannot be understood"),
    ProblemCode.UNKNOWN_DEVICE: (401, "no such device is enrolled here"),
    ProblemCode.BAD_SIGNATURE: (401, "the signature does not fit the request"),
    ProblemCode.REPLAYED: (401, "this boot or sequence number was used before"),
    ProblemCode.UNKNOWN_BOOT: (401, "this boot is not the device's current one; announce a new one"),
    ProblemCode.REVOKED: (403, "this device was shut out by staff"),
    ProblemCode.NOT_ALLOWED: (403, "a device of this kind may not ask this"),
    ProblemCode.CODE_SPENT: (403, "the enrolment code is unknown, used or older than 15 minutes; make a new one"),
    ProblemCode.TOO_MANY: (429, "too many requests; wait a little"),
    ProblemCode.START_OVER: (410, "this change number cannot be continued from; take a snapshot"),
    ProblemCode.UNAVAILABLE: (503, "not possible now; try again"),
}


class Refusal(Exception):
    """Ends a request with a problem; only routes raise it."""

    def __init__(self, code: ProblemCode) -> None:
        super().__init__(code.value)
        self.code = code


def problem(code: ProblemCode, status: int | None = None) -> Response:
    """The answer for a code."""
    usual, title = _TOLD[code]
    told = Problem(code=code, title=title, status=status or usual)
    return Response(told.model_dump_json(), status_code=told.status, media_type=MEDIA_TYPE)


def answer_with_problems(app: FastAPI) -> None:
    """Make every failure of this app a problem; nothing of the request is repeated, for it may hold a secret."""

    @app.exception_handler(Refusal)
    async def _refusal(_request: Request, refusal: Refusal) -> Response:
        return problem(refusal.code)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, _error: RequestValidationError) -> Response:
        return problem(ProblemCode.BAD_REQUEST)

    @app.exception_handler(StarletteHTTPException)
    async def _http(_request: Request, error: HTTPException) -> Response:
        return problem(ProblemCode.BAD_REQUEST, error.status_code)

    @app.exception_handler(Exception)
    async def _failure(request: Request, error: Exception) -> Response:
        logger.error("path=%s failed with %s", request.url.path, type(error).__name__)
        return problem(ProblemCode.UNAVAILABLE, 500)
