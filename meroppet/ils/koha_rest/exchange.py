"""The requests that make up one call of the port, and whether something may have been changed by them."""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from typing import TypeVar

from meroppet.ils.koha_rest.http import KohaHttp, Query, Reply, Unreached
from meroppet.ils.ports import UnavailableCause

T = TypeVar("T")

_NEVER_ARRIVED = frozenset({UnavailableCause.REFUSED, UnavailableCause.LOGIN_REFUSED, UnavailableCause.NOT_ENCRYPTED})


class Exchange:
    """One call's requests. `sent` is True while a request that changes something is out and unanswered."""

    def __init__(self, http: KohaHttp) -> None:
        self._http = http
        self.sent = False

    async def get(self, path: str, query: Query = (), *, embed: Sequence[str] = ()) -> Reply:
        """Ask; raises Unreached."""
        return await self._http.ask("GET", path, query, embed=embed, repeatable=True)

    async def probe(self, path: str) -> Reply:
        """Whether there is something to POST to, shown by an empty request; raises Unreached."""
        return await self._http.ask("POST", path, body={}, repeatable=True)

    async def post(self, path: str, body: object) -> Reply:
        """Ask what only POST can ask, once: wrong PINs are counted. Raises Unreached."""
        return await self._http.ask("POST", path, body=body, repeatable=False)

    async def change(self, method: str, path: str, body: object = None) -> Reply:
        """Change something, once; raises Unreached with `sent` left True. Koha's own failures leave it True too."""
        self.sent = True
        try:
            reply = await self._http.ask(method, path, body=body, repeatable=False)
        except Unreached as lost:
            self.sent = lost.cause not in _NEVER_ARRIVED
            raise
        self.sent = reply.status >= 500
        return reply


def where(condition: Mapping[str, object]) -> tuple[str, str]:
    """The query parameter of a JSON condition (from 20.05 [src]; refused by 19.05 [rec])."""
    return "q", json.dumps(condition, separators=(",", ":"))


async def together(*asked: Coroutine[None, None, T]) -> list[T]:
    """Several requests at once; the first failure ends the others, and none is left running. Raises what it raised."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
