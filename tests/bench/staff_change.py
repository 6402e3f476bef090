"""What staff change reaches the door: from the click that saves the hours until the door says the other state."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping

import httpx2

from demo.doorstep import facts
from demo.house import House
from demo.people import PEOPLE, number_at
from tests.bench.figures import Figure, percentile

CHANGES = 20
REVOCATIONS = 60
HIDDEN = r'name="{}" value="(\w+)"'
ASTRID = PEOPLE[0]
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class Staff:
    """A member of staff in a browser. The cookie is for secure places, which a browser takes localhost for."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._client = httpx2.AsyncClient(base_url=house.addresses.staff, trust_env=False, headers=SAME_SITE)
        self._hours = f"/branches/{house.place.branch.id}/hours"
        self._token = ""
        self._cookies: dict[str, str] = {}

    async def sign_in(self) -> None:
        """Sign in and keep the cookie."""
        user, password = self._house.plan.sign_in()
        page = await self._client.get("/sign-in")
        self._keep(page)
        answer = await self._client.post(
            "/sign-in", data={"username": user, "password": password, "token": _hidden("token", page.text)}
        )
        self._keep(answer)
        self._token = _hidden("token", (await self._client.get(self._hours)).text)

    async def change(self, closes: str) -> tuple[float, float]:
        """Let all days end at that hour: milliseconds until the door is in another state, and till the page answers."""
        form = {**_week(closes), "token": self._token}
        page = await self._client.post(self._hours, data={**form, "op": "review"})
        version = _hidden("version", page.text)
        before = (await facts(self._house.ports.door))["state"]
        answered: list[float] = []
        begun = time.perf_counter()
        saving = asyncio.create_task(self._client.post(self._hours, data={**form, "version": version, "op": "save"}))
        saving.add_done_callback(lambda _: answered.append(time.perf_counter() - begun))
        await asyncio.wait_for(self._until_other(before), 10)
        taken = time.perf_counter() - begun
        assert (await saving).status_code == 303
        return taken * 1000, answered[0] * 1000

    async def permit(self, *, permitted: bool) -> tuple[float, float]:
        """Give or take Astrid's right: milliseconds until the door has the change, and till the page answers."""
        branch = self._house.place.branch
        form = {
            "card": number_at(ASTRID, branch), "reason": "here", "reach": "branch", "token": self._token,
            "permitted": "yes" if permitted else "no",
        }  # fmt: skip
        before = await self._change()
        begun = time.perf_counter()
        saving = asyncio.create_task(self._client.post(f"/branches/{branch.id}/patrons/right", data=form))
        answered: list[float] = []
        saving.add_done_callback(lambda _: answered.append(time.perf_counter() - begun))
        await asyncio.wait_for(self._until_after(before), 30)
        taken = time.perf_counter() - begun
        assert (await saving).status_code == httpx2.codes.OK
        return taken * 1000, answered[0] * 1000

    async def _change(self) -> int:
        return int(str((await facts(self._house.ports.door))["change"]))

    async def _until_after(self, number: int) -> None:
        while await self._change() <= number:  # noqa: ASYNC110 (the door is another process)
            await asyncio.sleep(0.002)

    async def _until_other(self, before: object) -> None:
        while (await facts(self._house.ports.door)).get("state") == before:  # noqa: ASYNC110 (the door is another process)
            await asyncio.sleep(0.002)

    async def close(self) -> None:
        """Leave."""
        await self._client.aclose()

    def _keep(self, answer: httpx2.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        self._client.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())


async def figures(house: House) -> AsyncIterator[Figure]:
    """Closes and opens the branch by turns, at an hour when both are seen at once."""
    staff = Staff(house)
    await staff.sign_in()
    taken = [await staff.change("20" if number % 2 else "18") for number in range(CHANGES)]
    rights = [await staff.permit(permitted=bool(number % 2)) for number in range(REVOCATIONS)]
    await staff.close()
    for percent, goal in ((50, 1000.0), (99, 10_000.0)):
        yield Figure(
            f"a right taken by staff to the door, p{percent}", percentile([door for door, _ in rights], percent),
            "ms", goal, percentile([page for _, page in rights], percent), f"the page's own answer, p{percent}",
        )  # fmt: skip
    for percent in (50, 95):
        yield Figure(
            f"change of hours by staff to the door, p{percent}", percentile([door for door, _ in taken], percent),
            "ms", 1000.0, percentile([page for _, page in taken], percent), f"the page's own answer, p{percent}",
        )  # fmt: skip


def _week(closes: str) -> Mapping[str, str]:
    days = ({"start": "06", "end": closes, "state": "self_service"} for _ in range(7))
    return {f"{name}-{day}-0": value for day, fields in enumerate(days) for name, value in fields.items()}


def _hidden(name: str, page: str) -> str:
    found = re.search(HIDDEN.format(name), page)
    assert found is not None, f"no {name} in the page: {page}"
    return found[1]
