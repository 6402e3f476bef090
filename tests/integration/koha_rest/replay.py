"""A real HTTP server on loopback that answers as the recorded Koha 19.05 did, and with faults to order.

What was recorded is answered byte for byte of its JSON. Beyond that stand rules, each seen in the recording: a path
that 19.05 does not route gets its page for people, a parameter it does not know gets 400, a list asked for exactly
holds exactly that. /account was not recorded as a success; it is composed after the recorded interface description.
"""

import json
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

GOLDEN = Path(__file__).parents[2] / "golden" / "koha" / "rest.jsonl"
RECORDS: list[dict[str, Any]] = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
BY_CASE = {record["case"]: record for record in RECORDS}

TOKEN: str = BY_CASE["oauth/token-ok"]["response"]["body"]["access_token"]
CLIENT, SECRET = "oauth-client-1", "oauth-secret-1"
PATRONS: list[dict[str, Any]] = sorted(
    {
        row["patron_id"]: row
        for record in RECORDS
        if record["case"].startswith("patron/") and isinstance(record["response"]["body"], list)
        for row in record["response"]["body"]
        if isinstance(row, dict) and "patron_id" in row
    }.values(),
    key=lambda row: row["patron_id"],
)

Query = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer."""

    status: int
    body: bytes
    kind: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()


def said(status: int, body: object, **headers: str) -> Said:
    """An answer in JSON."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Said(status, json.dumps(body, ensure_ascii=False).encode("utf-8"), headers=pairs)


def as_recorded(case: str) -> Said:
    """The recorded answer of a case."""
    answer = BY_CASE[case]["response"]
    kind, body = answer["headers"]["Content-Type"], answer["body"]
    content = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Said(answer["status"], content.encode("utf-8"), kind)


@dataclass(slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: Query
    headers: dict[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "") == "application/json"


def _key(method: str, target: str, body: bytes | str | None) -> tuple[object, ...]:
    parts = urlsplit(target)
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    return method, parts.path, tuple(sorted(parse_qsl(parts.query))), text or None


@dataclass(slots=True)
class RecordedKoha:
    """Koha 19.05."""

    asked: list[Asked] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    refuses_tokens: int = 0
    """So many of the next requests are answered as if the token had expired."""

    def answer(self, request: Asked) -> Said:
        self.asked.append(request)
        if request.path == "/api/v1/oauth/token":
            return self._token(request)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in self.tokens or self.refuses_tokens > 0:
            self.refuses_tokens = max(0, self.refuses_tokens - 1)
            return as_recorded("auth/none")
        return self.exactly(request) or self.by_rule(request)

    def _token(self, request: Asked) -> Said:
        if request.is_json:
            return as_recorded("oauth/token-json-body")
        recorded = BY_CASE["oauth/token-ok"]["request"]["body"]
        right = parse_qsl(request.body.decode("ascii")) == parse_qsl(recorded)
        return as_recorded("oauth/token-ok" if right else "oauth/token-wrong-secret")

    def exactly(self, request: Asked) -> Said | None:
        """The recorded answer to just this request, or None."""
        asked = _key(request.method, f"{request.path}", request.body)[:2]
        for record in RECORDS:
            was = record["request"]
            if record["response"]["status"] in (401, 403) and "auth" in record["case"]:
                continue
            key = _key(was["method"], was["path"], was["body"])
            if key[:2] == asked and key[2] == tuple(sorted(request.query)) and (key[3] or "") == request.body.decode():
                return as_recorded(record["case"])
        return None

    def by_rule(self, request: Asked) -> Said:
        """What was not recorded in just this form."""
        name = request.path.removeprefix("/api/v1")
        match request.method, name.split("/")[1:]:
            case "GET", ["patrons"]:
                return self.patrons(request)
            case "GET", ["patrons", number, "account"]:
                return self.account(int(number))
            case "GET", ["checkouts" | "holds"] if [key for key, _ in request.query] == ["patron_id"]:
                return said(200, [])
        return as_recorded("unknown-endpoint")

    def patrons(self, request: Asked) -> Said:
        query = dict(request.query)
        if set(query) - {"cardnumber", "userid", "_match", "_page", "_per_page", "_order_by"}:
            return as_recorded("patron/q-parameter-19.05")
        return self.page([row for row in PATRONS if _is_matched(row, query)], query)

    def page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Said:
        """koha.md's word on paging: X-Total-Count and Link, which the recording has left out."""
        size, number = int(query.get("_per_page", "20")), int(query.get("_page", "1"))
        shown = rows[(number - 1) * size : number * size]
        return said(200, shown, X_Total_Count=str(len(rows)), Link=f'<http://koha/api/v1/patrons?{query}>; rel="first"')

    def account(self, patron_id: int) -> Said:
        if patron_id == 4:
            return said(500, {"errors": [{"message": "Internal server error.", "path": "/"}], "status": 500})
        balance = 45.50 if patron_id == 14 else 0
        return said(200, {"balance": balance, "outstanding_credits": {}, "outstanding_debits": {}})


def _is_matched(row: dict[str, Any], query: dict[str, str]) -> bool:
    exact = query.get("_match") == "exact"
    wanted = {key: value for key, value in query.items() if key in ("cardnumber", "userid")}
    return all(row[key] == value if exact else value in row[key] for key, value in wanted.items())


class _Listening(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Server:
    """The listening server around a Koha; `fault` names what is wrong with it now."""

    def __init__(self, koha: RecordedKoha, *, tls: ssl.SSLContext | None = None) -> None:
        self.koha = koha
        self.fault = ""
        self.spares: frozenset[str] = frozenset()
        """Paths that the fault leaves alone."""
        self.elsewhere = ""
        """Where a redirect leads."""
        self.released = threading.Event()
        self._http = _Listening(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._scheme = "https" if tls is not None else "http"
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def served(koha: RecordedKoha, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(koha, tls=tls)
    try:
        yield server
    finally:
        server.close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5.0
        disable_nagle_algorithm = True

        def _respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(
                self.command,
                parts.path,
                parse_qsl(parts.query, keep_blank_values=True),
                headers,
                self.rfile.read(length),
            )
            answer = server.koha.answer(request)
            spared = parts.path.removeprefix("/api/v1") in server.spares
            fault = FAULTS.get(server.fault) if not spared else None
            try:
                (fault or write)(self, answer, server)
            except OSError:
                self.close_connection = True  # The client has hung up, as it should.

        do_GET = do_POST = do_PUT = do_DELETE = _respond  # noqa: N815 (http.server names them)

        def log_message(self, *_args: object) -> None:
            return

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                pass

    return Handler


def write(handler: BaseHTTPRequestHandler, answer: Said, _server: Server) -> None:
    """The answer as it should be."""
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.kind)
    for name, value in answer.headers:
        handler.send_header(name, value)
    if answer.status != 204:
        handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body if answer.status != 204 else b"")


def _hang(_handler: BaseHTTPRequestHandler, _answer: Said, server: Server) -> None:
    server.released.wait(5)


def _slow(handler: BaseHTTPRequestHandler, answer: Said, server: Server) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", answer.kind)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    for _ in range(5000):
        handler.wfile.write(b" ")
        if server.released.wait(0.02):
            break
    handler.close_connection = True


def _close_mid_body(handler: BaseHTTPRequestHandler, answer: Said, _server: Server) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", answer.kind)
    handler.send_header("Content-Length", str(len(answer.body) + 10))
    handler.end_headers()
    handler.wfile.write(answer.body[: len(answer.body) // 2])
    handler.close_connection = True


def _close(handler: BaseHTTPRequestHandler, _answer: Said, _server: Server) -> None:
    handler.close_connection = True


def _not_http(handler: BaseHTTPRequestHandler, _answer: Said, _server: Server) -> None:
    handler.wfile.write(b"941\r98YYYYNN100005\r")
    handler.close_connection = True


def _instead(status: int, body: bytes, kind: str = "application/json", **headers: str) -> Any:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())

    def fault(handler: BaseHTTPRequestHandler, _answer: Said, server: Server) -> None:
        filled = tuple((name, value.replace("{elsewhere}", server.elsewhere)) for name, value in pairs)
        write(handler, Said(status, body, kind, filled), server)

    return fault


FAULTS: dict[str, Any] = {
    "hang": _hang,
    "slow": _slow,
    "close": _close,
    "close-mid-body": _close_mid_body,
    "not-http": _not_http,
    "html-404": _instead(404, b"<!DOCTYPE html><title>Page not found</title>", "text/html;charset=UTF-8"),
    "html-500": _instead(500, b"<!DOCTYPE html><title>Oops</title>", "text/html"),
    "html-200": _instead(200, b"<!DOCTYPE html><title>Maintenance</title>", "text/html"),
    "json-503": _instead(503, b'{"error":"System is under maintenance."}'),
    "no-json": _instead(200, b"[{"),
    "nan": _instead(200, b"[NaN]"),
    "bad-utf8": _instead(200, b'["\xff\xfe"]'),
    "deep": _instead(200, b"[" * 200_000),
    "other-shape": _instead(200, b'{"cardnumber":{"x":[1,null,true]}}'),
    "list-of-anything": _instead(200, b'[1,null,"x",[],{"cardnumber":7}]'),
    "huge": _instead(200, b"[" + b'"x",' * 2_000_000 + b"1]"),
    "compressed": _instead(200, b"\x1f\x8b\x08\x00rubbish", Content_Encoding="gzip"),
    "201-nobody": _instead(201, b"{}"),
    "201-list": _instead(201, b'[{"patron_id":1,"cardnumber":"2000000001"}]'),
    "201-html": _instead(201, b"<title>Created</title>", "text/html"),
    "204": _instead(204, b""),
    "401-loop": _instead(401, b'{"error":"Authentication failure."}'),
    "403": _instead(403, b'{"error":"Authorization failure. Missing required permission(s)."}'),
    "redirect": _instead(302, b"", "text/html", Location="{elsewhere}/api/v1/patrons"),
    "redirect-307": _instead(307, b"", "text/html", Location="{elsewhere}/api/v1/oauth/token"),
}
