"""The stand-in over HTTP: BankID's four methods as its integration guide has them; its phone is another app."""

import base64
import ipaddress
import json
from collections import deque
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from server.eid.standin.orders import Orders
from server.eid.standin.reaching import API

STATUS = {
    "alreadyInProgress": 400, "invalidParameters": 400, "unauthorized": 401, "notFound": 404,
    "methodNotAllowed": 405, "requestTimeout": 408, "unsupportedMediaType": 415, "internalError": 500,
    "maintenance": 503,
}  # fmt: skip
_COMMON = {"requirement", "userVisibleData", "userNonVisibleData", "userVisibleDataFormat", "returnRisk", "returnUrl"}
_REQUIREMENTS = {"pinCode", "mrtd", "cardReader", "certificatePolicies", "personalNumber", "risk"}
LONGEST = {"auth": (1_500, 1_500), "sign": (40_000, 200_000)}
"""Octets in base64 of what the person sees, and of what she does not."""


class _Refused(Exception):
    def __init__(self, code: str, details: str) -> None:
        super().__init__(code, details)
        self.code, self.details = code, details


def relying_party_api(orders: Orders, faults: deque[str] | None = None) -> FastAPI:
    """The app. `faults` holds what the next requests get instead of an answer: an error code, or `garbage`."""
    app = FastAPI(title="BankID stand-in", docs_url=None, redoc_url=None, openapi_url=None)
    waiting = deque[str]() if faults is None else faults

    @app.api_route(API + "{method:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def relying_party(request: Request, method: str) -> Response:
        try:
            if waiting:
                fault = waiting.popleft()
                if fault == "garbage":
                    return Response("<html>Service Unavailable</html>", status_code=503, media_type="text/html")
                raise _Refused(fault, "As it was told to")
            return JSONResponse(_answer(orders, method, request, await _body(request)))
        except _Refused as refused:
            said = {"errorCode": refused.code, "details": refused.details}
            return JSONResponse(said, status_code=STATUS[refused.code])

    return app


async def _body(request: Request) -> dict[str, Any]:
    if request.method != "POST":
        raise _Refused("methodNotAllowed", "Only http method POST is allowed")
    if request.headers.get("content-type") != "application/json":
        raise _Refused("unsupportedMediaType", "The media type is not supported")
    try:
        said = json.loads(await request.body())
    except ValueError as error:
        raise _Refused("invalidParameters", "Incorrect json") from error
    if not isinstance(said, dict):
        raise _Refused("invalidParameters", "Incorrect json")
    return said


def _answer(orders: Orders, method: str, request: Request, said: dict[str, Any]) -> dict[str, Any]:
    match method:
        case "auth" | "sign":
            return _begin(orders, method, said)
        case "collect":
            found = orders.collect(_ref(said))
            if found is None:
                raise _Refused("invalidParameters", "No such order")
            return found
        case "cancel":
            if not orders.cancel(_ref(said)):
                raise _Refused("invalidParameters", "No such order")
            return {}
        case _:
            raise _Refused("notFound", f"No such resource: {request.url.path}")


def _begin(orders: Orders, kind: str, said: dict[str, Any]) -> dict[str, Any]:
    _require(set(said) <= _COMMON | {"endUserIp"}, "Unknown parameter")
    requirement = said.get("requirement", {})
    _require(isinstance(requirement, dict) and set(requirement) <= _REQUIREMENTS, "Invalid requirement")
    wanted = requirement.get("personalNumber", "")
    _require(wanted == "" or (isinstance(wanted, str) and wanted.isdigit() and len(wanted) == 12), "personalNumber")
    try:
        ipaddress.ip_address(said.get("endUserIp", ""))
    except ValueError as error:
        raise _Refused("invalidParameters", "Invalid endUserIp") from error
    seen, unseen = LONGEST[kind]
    text = _text(said, "userVisibleData", seen)
    _text(said, "userNonVisibleData", unseen)
    _require(kind == "auth" or bool(text), "Missing userVisibleData")
    begun = orders.begin(kind, said["endUserIp"], wanted, text)
    if begun is None:
        raise _Refused("alreadyInProgress", "Order already in progress for pno")
    return begun


def _text(said: dict[str, Any], name: str, longest: int) -> str:
    given = said.get(name, "")
    _require(isinstance(given, str) and len(given) <= longest, f"Invalid {name}")
    try:
        return base64.b64decode(given, validate=True).decode("utf-8")
    except ValueError as error:
        raise _Refused("invalidParameters", f"Invalid {name}") from error


def _ref(said: dict[str, Any]) -> str:
    ref = said.get("orderRef")
    if set(said) != {"orderRef"} or not isinstance(ref, str):
        raise _Refused("invalidParameters", "Invalid orderRef")
    return ref


def _require(holds: bool, details: str) -> None:
    if not holds:
        raise _Refused("invalidParameters", details)
