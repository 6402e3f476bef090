"""BankID's own oddities: its errors, hint codes, limits and certificates, through the real driver and pybankid."""

import ssl
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from bankid import BankIDAsyncClient
from bankid.exceptions import AlreadyInProgressError, BankIDError, InvalidParametersError

from server.eid.bankid import BankID
from server.eid.ports import Ended, Hint, Order, Pending, Why
from server.eid.registry import EidError, open_eid
from server.eid.service import open_eids
from server.eid.settings import EidSettings
from server.eid.standin.serving import Running
from tests.fakes.clocks import ManualClock
from tests.integration.server.eid.conftest import ANNA, Phone

HERE = "192.0.2.7"


async def _begun(bankid: BankID, clock: ManualClock) -> Order:
    order = await bankid.begin(HERE, "Logga in", clock.now())
    assert isinstance(order, Order)
    return order


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (0, "dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8"),
        (1, "949d559bf23403952a94d103e67743126381eda00f0b3cbddbf7c96b1adcbce2"),
    ],
)
async def test_the_qr_code_is_as_in_bankids_guide(bankid: BankID, seconds: int, code: str) -> None:
    token, begun = "67df3917-fa0d-44e5-b327-edcc928297f8", datetime(2026, 1, 1, tzinfo=UTC)
    order = Order("x", begun, qr_token=token, qr_secret="d28db9a7-4cde-429e-a983-359be676944c")

    assert bankid.qr(order, begun + timedelta(seconds=seconds, milliseconds=700)) == f"bankid.{token}.{seconds}.{code}"


@pytest.mark.parametrize(
    ("hint", "why"),
    [
        ("userCancel", Why.USER_CANCELLED),
        ("cancelled", Why.CANCELLED),
        ("certificateErr", Why.UNUSABLE),
        ("notSupportedByUserApp", Why.TOO_OLD),
        ("transactionRiskBlocked", Why.RISK),
        ("aHintOfNextYear", Why.FAILED),
    ],
)
async def test_every_end_has_its_reason(bankid: BankID, phone: Phone, clock: ManualClock, hint: str, why: Why) -> None:
    order = await _begun(bankid, clock)
    await phone.cancel(await phone.start(order), hint)

    assert await bankid.collect(order) == Ended(why)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("alreadyInProgress", Why.BUSY),
        ("invalidParameters", Why.UNAVAILABLE),
        ("unauthorized", Why.UNAVAILABLE),
        ("requestTimeout", Why.UNAVAILABLE),
        ("internalError", Why.UNAVAILABLE),
        ("maintenance", Why.UNAVAILABLE),
        ("garbage", Why.UNAVAILABLE),
    ],
)
async def test_an_error_when_beginning_is_an_answer(
    bankid: BankID, standin: Running, clock: ManualClock, fault: str, why: Why
) -> None:
    standin.faults.append(fault)

    assert await bankid.begin(HERE, "Logga in", clock.now()) == Ended(why)


@pytest.mark.parametrize("fault", ["requestTimeout", "internalError", "maintenance", "garbage"])
async def test_an_error_when_collecting_says_nothing_of_the_order(
    bankid: BankID, standin: Running, clock: ManualClock, fault: str
) -> None:
    order = await _begun(bankid, clock)
    standin.faults.append(fault)

    assert await bankid.collect(order) == Pending(Hint.WAITING)
    assert await bankid.collect(order) == Pending(Hint.START)


async def test_a_person_with_an_order_under_way_loses_both(standin: Running, bankid: BankID) -> None:
    wanted = {"personalNumber": ANNA.number}
    client = bankid._client
    first = await client.authenticate(HERE, requirement=wanted)

    with pytest.raises(AlreadyInProgressError):
        await client.authenticate(HERE, requirement=wanted)

    assert (await client.collect(first["orderRef"]))["hintCode"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "body", "code"),
    [
        ("auth", {}, "invalidParameters"),
        ("auth", {"endUserIp": "nowhere"}, "invalidParameters"),
        ("auth", {"endUserIp": HERE, "personalNumber": ANNA.number}, "invalidParameters"),
        ("auth", {"endUserIp": HERE, "userVisibleData": "A" * 1504}, "invalidParameters"),
        ("auth", {"endUserIp": HERE, "userVisibleData": "ä"}, "invalidParameters"),
        ("sign", {"endUserIp": HERE}, "invalidParameters"),
        ("collect", {"orderRef": "131daac9-16c6-4618-beb0-365768f37288"}, "invalidParameters"),
        ("cancel", {"orderRef": 1}, "invalidParameters"),
        ("payment", {"endUserIp": HERE}, "notFound"),
    ],
)
async def test_the_stand_in_is_as_strict_as_bankid(
    bankid: BankID, method: str, body: dict[str, object], code: str
) -> None:
    answer = await bankid._client.client.post(bankid._client.api_url + method, json=body)

    assert answer.status_code in {400, 404}
    assert answer.json()["errorCode"] == code


async def test_the_stand_in_wants_post_and_json(bankid: BankID) -> None:
    client, url = bankid._client.client, bankid._client.api_url
    assert (await client.get(url + "auth")).json()["errorCode"] == "methodNotAllowed"
    plain = await client.post(url + "auth", content="{}", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    broken = await client.post(url + "auth", content="{", headers={"Content-Type": "application/json"})
    assert broken.json() == {"errorCode": "invalidParameters", "details": "Incorrect json"}


async def test_an_order_that_nobody_collects_is_gone_after_three_minutes(
    bankid: BankID, phone: Phone, clock: ManualClock
) -> None:
    order = await _begun(bankid, clock)
    await phone.sign(await phone.start(order))
    clock.advance(timedelta(seconds=180))

    with pytest.raises(InvalidParametersError, match="No such order"):
        await bankid._client.collect(order.ref)


async def test_nobody_speaks_to_bankid_without_the_certificate(standin: Running) -> None:
    context = ssl.create_default_context(cafile=standin.certificates.authority)
    async with httpx2.AsyncClient(verify=context, trust_env=False) as client:
        with pytest.raises((httpx2.HTTPError, ssl.SSLError)):
            await client.post(standin.url + "auth", json={"endUserIp": HERE})


async def test_a_service_that_is_another_is_not_spoken_to(standin: Running, clock: ManualClock) -> None:
    # Without ca_file the driver believes BankID's own CA alone.
    options = {key: value for key, value in standin.options.items() if key != "ca_file"}
    driver = BankID(BankID.Options.model_validate(options))

    assert await driver.begin(HERE, "Logga in", clock.now()) == Ended(Why.UNAVAILABLE)

    await driver.close()


async def test_silence_is_an_answer(standin: Running, clock: ManualClock) -> None:
    driver = BankID(BankID.Options.model_validate({**standin.options, "url": "https://localhost:9/rp/v6.0/"}))
    order = Order("x", clock.now())

    assert await driver.begin(HERE, "Logga in", clock.now()) == Ended(Why.UNAVAILABLE)
    assert await driver.collect(order) == Pending(Hint.WAITING)
    await driver.cancel(order)

    await driver.close()


async def test_errors_say_no_number(bankid: BankID, standin: Running) -> None:
    standin.faults.append("invalidParameters")
    with pytest.raises(BankIDError) as raised:
        await bankid._client.authenticate(HERE, requirement={"personalNumber": ANNA.number})
    assert ANNA.number not in repr(raised.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://localhost/"}, "https only"),
        ({"certificate": "/nowhere.pem"}, "cannot be opened"),
        ({"speed": 1}, "option speed"),
        ({"timeout": 0}, "option timeout"),
    ],
)
async def test_a_wrong_option_is_a_sentence(standin: Running, change: dict[str, object], said: str) -> None:
    with pytest.raises(EidError, match=said):
        open_eid("bankid", {**standin.options, **change})


async def test_a_driver_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(EidError, match=r"no eid driver 'freja'; installed: .*bankid"):
        open_eid("freja", {})


async def test_an_eid_is_chosen_once(standin: Running) -> None:
    chosen = EidSettings.model_validate({"driver": "bankid", **standin.options})
    with pytest.raises(EidError, match="chosen twice"):
        open_eids([chosen, chosen])
    opened = open_eids([chosen])
    assert opened.offered == (("bankid", "BankID"),)
    assert opened.of("bankid") is not None
    await opened.close()


async def test_the_client_has_all_that_the_library_gives_its_own(bankid: BankID, standin: Running) -> None:
    # The driver sets what the library's constructor would; a release that renames it must be noticed here.
    files = standin.certificates
    with pytest.deprecated_call():
        theirs = BankIDAsyncClient((str(files.party), str(files.party_key)), test_server=True)

    assert set(vars(bankid._client)) == {name for name in vars(theirs) if "phone" not in name and name != "verify_cert"}

    await theirs.client.aclose()
