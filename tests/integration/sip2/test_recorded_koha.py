"""Our client against what a real Koha answered, and how it hung up, over real sockets."""

import time
from dataclasses import replace

import pytest

from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import HoldReason, LoanReason, ReturnReason, UnavailableCause
from meroppet.ils.profiles import KOHA, SiteProfile
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.messages import RawMessage
from tests.golden.koha.recording import RECORDS, request
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.recorded import RecordedKoha, by_message, pin_of

UNCHECKED = replace(KOHA, wire=replace(KOHA.wire, error_detection=False))
GOOD = "patron-info/good/right-pin"
ENDING = "patron-info/pin-ends-with-special-char-"
ITEM = "item-info/loan1"
SOON = 1.0


def client(koha: RecordedKoha, clock: HandClock, profile: SiteProfile = KOHA, deadline: float = 5.0) -> Sip2Ils:
    account = Sip2Account("127.0.0.1", koha.port, "sip_vasteras", PASSWORD, "VASTERAS", "VASTERAS")
    return Sip2Ils(profile, account, clock, deadline=deadline, breaker=Breaker(limit=0))


@pytest.fixture(params=[KOHA, UNCHECKED], ids=["checked", "unchecked"])
def profile(request: pytest.FixtureRequest) -> SiteProfile:
    found: SiteProfile = request.param
    return found


@pytest.mark.parametrize(
    ("case", "pin"),
    [
        (GOOD, PinAnswer.RIGHT),
        ("patron-info/good/no-AD", PinAnswer.UNKNOWN),
        ("patron-info/debarred/wrong-pin", PinAnswer.WRONG),
        ("patron-info/locked/right-pin", PinAnswer.WRONG),
    ],
)
async def test_the_pin_as_koha_answered_it(clock: HandClock, profile: SiteProfile, case: str, pin: PinAnswer) -> None:
    async with RecordedKoha(by_message(m63=case)) as koha:
        ils = client(koha, clock, profile)

        answer = await ils.patron(request(case).first("AA") or "", "1234")
        await ils.close()

    assert answer.pin is pin
    assert koha.codes == ["93", "99", "63"]


async def test_a_pin_that_ends_in_an_exclamation_mark_survives(clock: HandClock, profile: SiteProfile) -> None:
    def choose(asked: RawMessage) -> str:
        is_whole = asked.first("AD") == pin_of(f"{ENDING}AC-after-AD")
        return by_message(m63=ENDING + ("AC-after-AD" if is_whole else "AD-last"))(asked)

    async with RecordedKoha(choose) as koha:
        ils = client(koha, clock, profile)

        answer = await ils.patron("2000000019", "Personal1!")
        await ils.close()

    assert answer.pin is PinAnswer.RIGHT


async def test_a_recorded_visit_from_login_to_return(clock: HandClock, profile: SiteProfile) -> None:
    told = by_message(m63=GOOD, m11="checkout/ok", m09="checkin/ok-own-item")
    async with RecordedKoha(told) as koha:
        ils = client(koha, clock, profile)

        status = await ils.status()
        patron = await ils.patron("2000000001", "1234")
        loan = await ils.checkout("2000000001", "1234", "3000000000001")
        returned = await ils.checkin("3000000000001")
        await ils.close()

    assert (status.online, status.institution) == (True, "VASTERAS")
    assert (patron.pin, patron.name) == (PinAnswer.RIGHT, "Åsa Öberg")
    assert (loan.reason, returned.reason) == (LoanReason.LOANED, ReturnReason.RETURNED)
    assert koha.codes == ["93", "99", "99", "63", "11", "09"]


async def test_a_refused_login_is_the_end_of_the_connection(clock: HandClock) -> None:
    async with RecordedKoha(by_message(m93="login/wrong-password")) as koha:
        ils = client(koha, clock)

        answer = await ils.patron("2000000001", "1234")
        await ils.close()

    assert answer.cause is UnavailableCause.LOGIN_REFUSED
    assert koha.codes == ["93"]


@pytest.mark.parametrize("case", ["connections/one-more-than-max_servers", "outage/db-hung/new-connection-login"])
async def test_a_login_that_is_never_answered_costs_no_more_than_the_deadline(clock: HandClock, case: str) -> None:
    async with RecordedKoha(by_message(m93=case)) as koha:
        ils = client(koha, clock, deadline=SOON)
        began = time.perf_counter()

        answer = await ils.patron("2000000001", "1234")
        took = time.perf_counter() - began
        await ils.close()

    assert answer.cause is UnavailableCause.TIMEOUT
    assert took < SOON + 2


async def test_a_late_answer_is_never_taken_for_the_next_one(clock: HandClock, profile: SiteProfile) -> None:
    async with RecordedKoha(by_message(m63="outage/db-hung/63", m17="outage/db-hung/next-request")) as koha:
        ils = client(koha, clock, profile, deadline=SOON)

        late = await ils.patron("2000000001", "1234")
        koha.say("outage/db-hung/late-answer-after-resume")
        item = await ils.item("3000000000001")
        await ils.close()

    assert (late.pin, late.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.TIMEOUT)
    assert item.title == "Bröderna Lejonhjärta"
    assert koha.codes == ["93", "99", "63", "93", "99", "17"]


async def test_an_answer_nobody_asked_for_ends_the_connection(clock: HandClock, profile: SiteProfile) -> None:
    async with RecordedKoha(by_message(m63=GOOD)) as koha:
        ils = client(koha, clock, profile)
        await ils.patron("2000000001", "1234")

        koha.say(GOOD)
        koha.choose = by_message(m63="patron-info/good/empty-pin")
        answer = await ils.patron("2000000001", "0000")
        await ils.close()

    assert answer.pin is PinAnswer.WRONG
    assert koha.codes == ["93", "99", "63", "93", "99", "63"]


@pytest.mark.parametrize("case", ["outage/db-down/63", "outage/db-down/63-again"])
async def test_a_question_that_koha_hangs_up_at_is_unavailable(clock: HandClock, case: str) -> None:
    async with RecordedKoha(by_message(m63=case)) as koha:
        ils = client(koha, clock)

        answer = await ils.patron("2000000001", "1234")
        await ils.close()

    assert answer.cause is UnavailableCause.CLOSED
    # Koha said of itself that it was on line all the while.
    assert koha.codes == ["93", "99", "63"]


async def test_a_login_that_koha_hangs_up_at_is_unavailable(clock: HandClock) -> None:
    async with RecordedKoha(by_message(m93="outage/db-down/new-login")) as koha:
        ils = client(koha, clock)

        answer = await ils.item("3000000000001")
        await ils.close()

    assert answer.cause is UnavailableCause.CLOSED


async def test_an_idle_connection_that_koha_has_closed_costs_a_question_nothing(clock: HandClock) -> None:
    told = by_message(m17=ITEM)
    async with RecordedKoha(told) as koha:
        ils = client(koha, clock)
        await ils.item("3000000000003")
        closes = iter(["idle/request-after-timeout"])
        koha.choose = lambda asked: next(closes, told(asked)) if asked.code == "17" else told(asked)

        answer = await ils.item("3000000000003")
        await ils.close()

    assert answer.title == "Doktor Glas"
    assert koha.codes == ["93", "99", "17", "17", "93", "99", "17"]


async def test_a_loan_is_never_sent_again_when_koha_has_hung_up_at_it(clock: HandClock) -> None:
    told = by_message(m17="item-info/age15", m11="outage/db-back/63-old-connection", m63=GOOD)
    async with RecordedKoha(told) as koha:
        ils = client(koha, clock)
        await ils.item("3000000000018")

        answer = await ils.checkout("2000000001", "1234", "3000000000018")
        await ils.close()

    assert not answer.ok
    assert koha.codes.count("11") == 1


async def test_a_return_at_which_koha_dies_is_sent_once_and_never_called_well(clock: HandClock) -> None:
    told = by_message(m09="checkin/at-sala/vasteras-item-NOT-on-loan-needs-transfer", m17="item-info/bench1")
    async with RecordedKoha(told) as koha:
        ils = client(koha, clock)

        answer = await ils.checkin("3900000000020")
        await ils.close()

    assert not answer.ok
    assert answer.cause in (UnavailableCause.CLOSED, None)
    assert koha.codes.count("09") == 1


@pytest.mark.parametrize("case", ["hold/add-unknown-pickup", "hold/add-no-pickup-BS", "hold/bad-mode"])
async def test_a_hold_at_which_koha_dies_is_sent_once(clock: HandClock, case: str) -> None:
    async with RecordedKoha(by_message(m15=case, m63=GOOD)) as koha:
        ils = client(koha, clock)

        answer = await ils.place_hold("2000000001", "1234", "3000000000003", "HYLLA7")
        await ils.close()

    assert answer.reason is not HoldReason.PLACED
    assert koha.codes.count("15") == 1


async def test_a_hold_always_names_a_branch_to_fetch_it_at(clock: HandClock) -> None:
    async with RecordedKoha(by_message(m15="hold/add-other-pickup-SALA", m63="patron-info/sala/right-pin")) as koha:
        ils = client(koha, clock)

        await ils.place_hold("2000000015", "1234", "3000000000028")
        await ils.close()

    assert [asked.first("BS") for asked in koha.heard if asked.code == "15"] == ["VASTERAS"]


async def test_what_koha_cannot_read_is_sent_again_only_so_often(clock: HandClock, profile: SiteProfile) -> None:
    async with RecordedKoha(by_message(m63="malformed/unknown-command-50")) as koha:
        ils = client(koha, clock, profile)

        answer = await ils.patron("2000000001", "1234")
        await ils.close()

    assert answer.cause is UnavailableCause.BAD_CHECKSUM
    assert 1 < koha.codes.count("63") <= 1 + KOHA.wire.resends


async def test_whoever_is_found_by_another_number_is_somebody_else(clock: HandClock) -> None:
    async with RecordedKoha(by_message(m63="patron-info/card-userid-instead-of-card")) as koha:
        ils = client(koha, clock)

        answer = await ils.patron("198001019801", "1234")
        await ils.close()

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.WRONG_PATRON)


async def test_no_empty_pin_is_ever_on_the_wire_and_a_value_follows_every_pin(
    clock: HandClock, profile: SiteProfile
) -> None:
    told = by_message(m63=GOOD, m11="checkout/ok", m29="renew/ok", m17=ITEM, m15="hold/add-duplicate")
    async with RecordedKoha(told) as koha:
        ils = client(koha, clock, profile)

        for pin in ("1234", "", " ", None):
            await ils.patron("2000000001", pin)
            await ils.checkout("2000000001", pin, "3000000000001")
            await ils.renew("2000000010", pin, "3000000000003")
            await ils.place_hold("2000000001", pin, "3000000000004")
        await ils.close()

    assert {"63", "11", "29", "15"} <= set(koha.codes)
    assert not any(b"|AD|" in line or b"|AD " in line for line in koha.raw)
    after = [line.split(b"|AD1234|")[1] for line in koha.raw if b"|AD1234|" in line]
    assert after
    assert all(line[:2].isalnum() and line[2:3] not in (b"", b"|") for line in after)


async def test_each_line_ends_with_cr_alone_and_each_connection_begins_with_its_only_login(
    clock: HandClock, profile: SiteProfile
) -> None:
    async with RecordedKoha(by_message(m63=GOOD, m17=ITEM)) as koha:
        ils = client(koha, clock, profile)
        for _ in range(2):
            await ils.patron("2000000001", "1234")
            await ils.item("3000000000003")
            await ils.close()

    assert all(line and not line.startswith(b"\n") for line in koha.raw)
    assert koha.codes == ["93", "99", "63", "17"] * 2
    assert {asked.fixed for asked in koha.heard if asked.code == "99"} == {"00802.00"}


def test_every_way_in_which_koha_was_silent_is_played_above() -> None:
    silent = {case for case, record in RECORDS.items() if record.get("closed") or record.get("timeout")}
    # What no client of ours can make Koha do: a first message that is no login, an empty line, half a line, LF alone.
    cannot = {case for case in silent if case.startswith(("before-login/", "malformed/", "framing/", "login/"))}
    idle = {
        "idle/before-login-4s",
        "idle/after-login-5s",
        "idle/partial-request-5s",
        "outage/sip-server-killed-while-idle",
    }

    assert silent - cannot - idle == {
        "checkin/at-sala/vasteras-item-NOT-on-loan-needs-transfer",
        "hold/add-unknown-pickup",
        "hold/add-no-pickup-BS",
        "hold/bad-mode",
        "idle/request-after-timeout",
        "outage/db-hung/63",
        "outage/db-hung/new-connection-login",
        "outage/db-down/63",
        "outage/db-down/63-again",
        "outage/db-down/new-login",
        "outage/db-back/63-old-connection",
        "connections/one-more-than-max_servers",
    }
