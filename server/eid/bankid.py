"""BankID by its relying-party API, version 6, through pybankid."""

import hashlib
import hmac
import ssl
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx
from bankid import BankIDAsyncClient
from bankid.certutils import resolve_cert_path
from bankid.exceptions import AlreadyInProgressError, BankIDError
from pydantic import Field

from server.eid.ports import Collected, Ended, Hint, Identified, Order, Pending, Why
from server.eid.registry import EidOptions

HINTS = {
    "outstandingTransaction": Hint.START,
    "noClient": Hint.START,
    "started": Hint.STARTING,
    "userMrtd": Hint.CONFIRM,
    "userSign": Hint.CONFIRM,
    "processing": Hint.WAITING,
}
ENDINGS = {
    "userCancel": Why.USER_CANCELLED,
    "cancelled": Why.CANCELLED,
    "expiredTransaction": Why.EXPIRED,
    "startFailed": Why.NOT_STARTED,
    "certificateErr": Why.UNUSABLE,
    "notSupportedByUserApp": Why.TOO_OLD,
    "transactionRiskBlocked": Why.RISK,
}
_LIVE, _TEST = "appapi2.bankid.com", "appapi2.test.bankid.com"
_ODD = (BankIDError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError)
"""Whatever the library raises for an answer that is none."""


class _Client(BankIDAsyncClient):  # type: ignore[misc,unused-ignore]
    """pybankid's client at an address of the installer's; the library knows only BankID's own two.

    Its own constructor hands httpx the certificate in a way that httpx has deprecated.
    """

    def __init__(self, url: str, authority: Path, certificates: tuple[str, str], timeout: float) -> None:
        self.api_url = url
        self.certs = certificates
        self.ctx = ssl.create_default_context(cafile=authority)
        self.ctx.load_cert_chain(*certificates)
        self._auth_endpoint = urljoin(url, "auth")
        self._sign_endpoint = urljoin(url, "sign")
        self._collect_endpoint = urljoin(url, "collect")
        self._cancel_endpoint = urljoin(url, "cancel")
        self.client = httpx.AsyncClient(
            headers={"Content-Type": "application/json"}, verify=self.ctx, timeout=timeout, trust_env=False
        )


class BankID:
    """BankID in an app, here or on another device (QR)."""

    class Options(EidOptions):
        """What an installer says of it."""

        certificate: Path = Field(description="the relying party's certificate, PEM")
        certificate_key: Path = Field(description="its private key, PEM")
        test: bool = Field(default=False, description="speak to BankID's test service")
        url: str = Field(default="", description="another service that speaks the same, such as the stand-in")
        ca_file: Path | None = Field(default=None, description="CA of that service, PEM")
        timeout: float = Field(default=5.0, gt=0, le=30, description="seconds to wait for an answer")

    title = "BankID"

    def __init__(self, options: Options) -> None:
        """Reads the certificates; raises OSError for files that will not do."""
        host = _TEST if options.test else _LIVE
        url = options.url or f"https://{host}/rp/v6.0/"
        if not url.startswith("https://"):
            raise ValueError("BankID is spoken over https only")
        self._client = _Client(
            url.rstrip("/") + "/",
            options.ca_file or Path(resolve_cert_path(f"{host}.pem")),
            (str(options.certificate), str(options.certificate_key)),
            options.timeout,
        )

    async def begin(self, address: str, text: str, now: datetime, *, sign: bool = False) -> Order | Ended:
        """As the port says."""
        try:
            begun: Mapping[str, Any]
            if sign:
                begun = await self._client.sign(end_user_ip=address, user_visible_data=text)
            else:
                begun = await self._client.authenticate(end_user_ip=address, user_visible_data=text)
            return Order(begun["orderRef"], now, begun["autoStartToken"], begun["qrStartToken"], begun["qrStartSecret"])
        except AlreadyInProgressError:
            return Ended(Why.BUSY)
        except _ODD:
            return Ended(Why.UNAVAILABLE)

    def qr(self, order: Order, now: datetime) -> str:
        """`bankid.TOKEN.SECONDS.HMAC`: of no use a few seconds later."""
        seconds = str(max(0, int((now - order.started_at).total_seconds())))
        code = hmac.new(order.qr_secret.encode(), seconds.encode(), hashlib.sha256).hexdigest()
        return f"bankid.{order.qr_token}.{seconds}.{code}"

    def start_link(self, order: Order) -> str:
        """BankID's own scheme: `redirect=null` lets the person go back to the page herself."""
        return f"bankid:///?{urlencode({'autostarttoken': order.autostart, 'redirect': 'null'})}"

    async def collect(self, order: Order) -> Collected:
        """As the port says. Silence says nothing of the order; that it is unknown means that it is over."""
        try:
            return _collected(await self._client.collect(order.ref))
        except BankIDError as error:
            is_over = error.json.get("errorCode") in {"invalidParameters", "unauthorized", "notFound"}
            return Ended(Why.FAILED) if is_over else Pending(Hint.WAITING)
        except _ODD:
            return Pending(Hint.WAITING)

    async def cancel(self, order: Order) -> None:
        """As the port says."""
        try:
            await self._client.cancel(order.ref)
        except _ODD:
            # It ends by itself within minutes.
            return

    async def close(self) -> None:
        """As the port says."""
        await self._client.client.aclose()


def _collected(said: Mapping[str, Any]) -> Collected:
    hint = str(said.get("hintCode", ""))
    if said["status"] == "pending":
        return Pending(HINTS.get(hint, Hint.WAITING))
    if said["status"] != "complete":
        return Ended(ENDINGS.get(hint, Why.FAILED))
    done = said["completionData"]
    number = str(done["user"]["personalNumber"])
    if not (number.isascii() and number.isdigit() and len(number) == 12):
        return Ended(Why.FAILED)
    return Identified(number, hashlib.sha256(str(done["signature"]).encode()).hexdigest())
