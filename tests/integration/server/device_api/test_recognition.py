"""Only an enrolled, unrevoked device of the right kind is answered, and each of its requests once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Request
from fastapi.routing import APIRoute

from meroppet.rules.eligibility import Right
from meroppet.wire.changes import read_snapshot, unpack_rights
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.problems import ProblemCode
from server.audit.service import recent
from server.db import unscoped
from server.devices.api import device_api
from server.devices.callers import signed_request
from server.devices.clones import cloned
from server.devices.service import report_stolen, revoke
from server.devices.signing import Signed, signed, spend
from tests.fakes.signing_device import PREFIX, SigningDevice

from .conftest import ASTRID, PIN, House

STRANGER = Ed25519PrivateKey.generate()


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_a_device_is_enrolled_booted_and_answered(house: House) -> None:
    door = await house.device()

    assert (await door.ask("GET", "/changes?after=0")).status_code == 200


async def test_a_code_enrols_one_device(house: House) -> None:
    token = await house.invited()

    assert (await SigningDevice(house.client).enrol(token)).status_code == 200
    assert code(await SigningDevice(house.client).enrol(token)) == (403, "code_spent")


async def test_a_device_that_lost_the_answer_may_ask_again_with_the_same_key(house: House) -> None:
    token, device = await house.invited(), SigningDevice(house.client)

    first = await device.enrol(token)
    again = await device.enrol(token)

    assert first.json() == again.json()


async def test_a_code_is_worth_nothing_after_a_quarter_of_an_hour(house: House) -> None:
    token = await house.invited()
    house.clock.advance(timedelta(minutes=15))

    assert code(await SigningDevice(house.client).enrol(token)) == (403, "code_spent")


async def test_a_code_for_a_door_enrols_no_kiosk(house: House) -> None:
    token = await house.invited(kind=DeviceKind.DOOR)

    assert code(await SigningDevice(house.client, kind=DeviceKind.KIOSK).enrol(token)) == (403, "code_spent")


async def test_an_unknown_code_enrols_nobody(house: House) -> None:
    assert code(await SigningDevice(house.client).enrol("A" * 26)) == (403, "code_spent")


async def test_a_spoilt_key_does_not_spend_the_code(house: House) -> None:
    token = await house.invited()
    body = {"token": token, "kind": "door", "public_key": "AAAA", "version": "1"}

    assert code(await house.client.post(f"{PREFIX}/enrol", json=body)) == (400, "bad_request")
    assert (await SigningDevice(house.client).enrol(token)).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"device": "door-nobody"}, (401, "unknown_device")),
        ({"key": STRANGER}, (401, "bad_signature")),
        ({"sign_method": "POST"}, (401, "bad_signature")),
        ({"sign_target": f"{PREFIX}/changes?after=1"}, (401, "bad_signature")),
        ({"sign_body": b"other"}, (401, "bad_signature")),
        ({"sign_sequence": 99}, (401, "bad_signature")),
        ({"sign_boot": "other"}, (401, "bad_signature")),
        ({"sign_device": "other"}, (401, "bad_signature")),
        ({"boot": "never-announced"}, (401, "unknown_boot")),
        ({"sequence": 0}, (401, "replayed")),
    ],
)
async def test_a_request_that_is_wrong_in_one_way_is_refused(
    house: House, wrong: dict[str, Any], answer: tuple[int, str]
) -> None:
    door = await house.device()

    assert code(await door.ask("GET", "/changes?after=0", **wrong)) == answer


@pytest.mark.parametrize("header", ["Meroppet-Device", "Meroppet-Boot", "Meroppet-Sequence", "Meroppet-Signature"])
async def test_a_request_without_a_header_is_refused(house: House, header: str) -> None:
    door = await house.device()
    request = door.request("GET", "/changes?after=0")
    del request.headers[header]

    assert code(await house.client.send(request)) == (401, "bad_signature")


UNSIGNED = {("GET", "/ca"), ("POST", "/enrol")}
ENDLESS = {("GET", "/stream")}
BEGINS = {("POST", "/boot")}
HEALTH = {"version": "1", "now": "2026-03-02T18:30:00+00:00", "clock": "ntp", "change": 0, "unsent": 0}
ASKED: dict[tuple[str, str], object] = {
    ("GET", "/changes"): None,
    ("GET", "/snapshot"): None,
    ("POST", "/health"): HEALTH,
    ("POST", "/journal"): {"epoch": "0" * 32, "rows": []},
    ("POST", "/verify"): None,
    **{("POST", path): {} for path in ("/tags", "/terms/due", "/terms/answer")},
    **{("POST", f"/ils/{what}"): {} for what in ("patron", "item", "checkout", "renew", "checkin")},
}
"""Every route of the API that is signed; what is sent need not be right, but where a route works on it, it is."""


def test_every_route_is_among_those_whose_requests_are_sent_twice() -> None:
    routes = {
        (method, route.path.removeprefix(PREFIX))
        for included in device_api().routes
        for route in getattr(getattr(included, "original_router", None), "routes", [included])
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    assert routes == UNSIGNED | ENDLESS | BEGINS | ASKED.keys()


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_a_request_sent_again_is_refused(house: House, method: str, path: str) -> None:
    kind = DeviceKind.KIOSK if path.startswith(("/ils/", "/terms/")) else DeviceKind.DOOR
    device = await house.device(kind=kind)
    body = ASKED[method, path]
    if path == "/verify":
        body = {"attempt": "a1", "door": device.device, "sealed": device.seal("a1", ASTRID, PIN)}
    request = device.request(method, path + ("?after=0" if path == "/changes" else ""), body)

    both = await asyncio.gather(house.client.send(request), house.client.send(request))
    again = await house.client.send(request)

    # Whichever of the two came first.
    refused, taken = sorted(both, key=lambda answer: answer.status_code != 401)
    assert taken.status_code != 401
    assert code(refused) == (401, "replayed")
    assert code(again) == (401, "replayed")


async def test_a_door_revoked_while_it_asks_is_not_answered(house: House) -> None:
    door = await house.device()
    request = door.request("POST", "/health", HEALTH)
    async with house.database.reading(unscoped("as the server does")) as session:
        found = await signed(session, signed_request(Request(_scope(request)), request.content))  # type: ignore[arg-type]
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        assert await revoke(session, door.device, "staff")

    assert isinstance(found, Signed)
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        assert await spend(session, found) is ProblemCode.UNKNOWN_BOOT


def _scope(request: httpx2.Request) -> dict[str, object]:
    return {
        "type": "http", "method": request.method, "raw_path": request.url.raw_path, "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }  # fmt: skip


async def test_requests_may_overtake_each_other(house: House) -> None:
    door = await house.device()
    requests = [door.request("GET", "/changes?after=0") for _ in range(5)]

    for request in reversed(requests):
        assert (await house.client.send(request)).status_code == 200


async def test_an_old_boot_is_retired_by_a_newer_one_and_cannot_be_announced_again(house: House) -> None:
    door = await house.device()
    announcement = door.request("POST", "/boot", {"version": "1"}, boot="boot-2", sequence=0)
    assert (await house.client.send(announcement)).status_code == 200
    assert (await door.boot("boot-3")).status_code == 200

    assert code(await house.client.send(announcement)) == (401, "replayed")
    assert code(await door.ask("GET", "/changes?after=0", boot="boot-2")) == (401, "unknown_boot")
    assert (await door.ask("GET", "/changes?after=0")).status_code == 200


async def test_a_boot_announcement_with_a_number_is_refused(house: House) -> None:
    door = await house.device()

    assert code(await door.boot("boot-2", sequence=1)) == (401, "replayed")


async def test_a_revoked_device_is_refused_at_once_and_for_good(house: House) -> None:
    door = await house.device()
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        assert await revoke(session, door.device, "staff")

    assert code(await door.ask("GET", "/changes?after=0")) == (403, "revoked")
    assert code(await door.boot("boot-2")) == (403, "revoked")


async def test_staff_of_another_municipality_cannot_revoke_it(house: House) -> None:
    door = await house.device()
    async with house.database.session(house.branches["salastad"].scope) as session:
        assert not await revoke(session, door.device, "staff")

    assert (await door.ask("GET", "/changes?after=0")).status_code == 200


async def test_after_a_theft_the_branch_names_everybody_otherwise_and_its_other_devices_boot_anew(house: House) -> None:
    stolen, left = await house.device(), await house.device()
    await house.give(Right(permitted=True))
    _, _, before = read_snapshot((await left.ask("GET", "/snapshot")).content)
    old_key = (await left.boot("boot-2")).json()["digest_key"]

    view = house.branches["skiljebo"]
    async with house.database.session(view.scope) as session:
        assert await report_stolen(session, house.keys, view, stolen.device, "staff")

    assert code(await left.ask("GET", "/changes?after=0")) == (401, "unknown_boot")
    assert (await left.boot("boot-3")).json()["digest_key"] != old_key
    _, _, after = read_snapshot((await left.ask("GET", "/snapshot")).content)
    assert len(after) == len(before)
    assert {name for name, _ in unpack_rights(after)}.isdisjoint(name for name, _ in unpack_rights(before))
    tombstones = (await left.ask("GET", "/changes?after=0")).json()["tombstones"]
    assert [item["key"] for item in tombstones] == [name for name, _ in unpack_rights(before)]
    assert code(await stolen.boot("boot-2")) == (403, "revoked")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (DeviceKind.KIOSK, "/verify"),
        (DeviceKind.DOOR, "/ils/patron"),
        (DeviceKind.DOOR, "/ils/item"),
        (DeviceKind.DOOR, "/ils/checkout"),
        (DeviceKind.DOOR, "/ils/renew"),
        (DeviceKind.DOOR, "/ils/checkin"),
    ],
)
async def test_a_device_asks_only_what_its_kind_may(house: House, kind: DeviceKind, path: str) -> None:
    device = await house.device(kind=kind)

    assert code(await device.ask("POST", path, {})) == (403, "not_allowed")


async def test_a_door_may_not_ask_in_the_name_of_another(house: House) -> None:
    door, other = await house.device(), await house.device("salastad")
    body = {"attempt": "a1", "door": other.device, "sealed": ""}

    assert code(await door.ask("POST", "/verify", body)) == (403, "not_allowed")


async def test_a_device_that_asks_too_often_is_told_to_wait(house: House) -> None:
    door = await house.device()
    body = {"attempt": "a1", "door": door.device, "sealed": ""}

    answers = [code(await door.ask("POST", "/verify", body)) for _ in range(41)]
    assert answers[-1] == (429, "too_many")
    house.clock.advance(timedelta(seconds=1))
    assert code(await door.ask("POST", "/verify", body)) == (400, "bad_request")


async def test_a_body_beyond_the_limit_is_refused(house: House) -> None:
    door = await house.device()

    response = await door.ask("POST", "/journal", b"x" * (1024 * 1024 + 1))

    assert response.status_code == 413


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/api/device/v1/nothing"])
async def test_nothing_else_listens_there(house: House, path: str) -> None:
    response = await house.client.get(path)

    assert code(response) == (404, "bad_request")


async def test_an_answer_to_nonsense_repeats_nothing_of_it(house: House) -> None:
    response = await house.client.post(f"{PREFIX}/enrol", json={"token": "SECRET", "kind": "door"})

    assert code(response) == (400, "bad_request")
    assert "SECRET" not in response.text


async def boots(device: SigningDevice, runs: str) -> list[httpx2.Response]:
    return [await device.boot(f"{run}.{number}") for number, run in enumerate(runs)]


async def test_two_of_one_identity_are_both_shut_out_and_staff_can_read_it(house: House) -> None:
    door, view = await house.device(), house.branches["skiljebo"]

    answers = await boots(door, "ababa")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 403]
    assert code(answers[-1]) == (403, "revoked")
    assert code(await door.boot("b.9")) == (403, "revoked")
    async with house.database.reading(view.scope) as session:
        assert [found.id for found in await cloned(session, view.id)] == [door.device]
        assert (await recent(session, [view.scope]))[0].action == "device.cloned"


async def test_a_door_that_starts_anew_again_and_again_is_no_clone(house: House) -> None:
    door = await house.device()

    answers = await boots(door, "abcdefghijkl")

    assert {answer.status_code for answer in answers} == {200}


async def test_boots_of_more_than_a_minute_ago_count_no_longer(house: House) -> None:
    door = await house.device()
    await boots(door, "abab")
    house.clock.advance(timedelta(seconds=61))

    assert (await door.boot("a.9")).status_code == 200
