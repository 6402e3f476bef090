"""The quirks of Koha's wire, each against the recording, and what our side does so that none of them hurts."""

import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.profiles import KOHA
from meroppet.sip2 import requests
from meroppet.sip2.codec import LineCutter, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2LocalError
from meroppet.sip2.messages import Checksum, RawMessage
from meroppet.sip2.session import Answer, Broken, Cause, ClientSession, Resend
from meroppet.sip2.views import AcsStatusView, PatronView
from tests.golden.koha.recording import RECORDS, answered, cases, request, request_bytes, response, response_bytes

NOW = datetime(2026, 11, 21, 22, 34, 37)  # noqa: DTZ001 (the register's wall clock)
NOT_SIP = ("telnet/prompt", "telnet/user")
CUT_SHORT = ("malformed/100kB-AA",)
"""The recording holds only the beginning of this answer."""
SHIFTED = ("malformed/two-chars-63",)
"""Koha put the language it was not given into the answer too, which is therefore three characters short."""
SPOKEN = [case for case in RECORDS if response_bytes(case) and case not in NOT_SIP + CUT_SHORT]


def koha_reads(line: bytes) -> bytes:
    """What Koha makes of a line before it looks at it: everything but `A-z0-9` goes from both its ends."""
    return re.sub(rb"^[^A-z0-9]+|[^A-z0-9]+$", b"", line)


def logged_in(*, error_detection: bool = True) -> ClientSession:
    """A session that has logged in and heard 98, as recorded."""
    session = ClientSession(replace(KOHA.wire, error_detection=error_detection))
    for number, (sent, case) in enumerate(
        [(requests.login("u", "x"), "login/ok"), (requests.sc_status(), "sc-status/v2")]
    ):
        session.send(sent)
        session.receive(encode(response(case), KOHA.wire.coding, sequence=number, error_detection=error_detection))
    return session


def test_every_recorded_answer_decodes() -> None:
    assert len(RECORDS) == 587
    assert len(SPOKEN) == 559
    for case in SPOKEN:
        message = response(case)

        assert message.has_whole_header, case
        # An answer of nobody's: Koha summed its letters, not its bytes.
        wrong = case == "account-sip_plain/ed-patron-info-pipename"
        assert (message.checksum is Checksum.INVALID) is wrong, case


def test_an_account_decides_the_terminator_but_for_96_repeats_and_refused_logins() -> None:
    for case in SPOKEN:
        said = response_bytes(case)
        is_first_940 = said.startswith(b"940") and case.startswith("login/") and not case.startswith("login/second")
        ends_with_both = RECORDS[case]["account"] == "sip_plain" or is_first_940

        assert said.endswith(b"\r\n" if ends_with_both else b"\r"), case
        assert len(LineCutter().feed(said)) == 1, case


@pytest.mark.parametrize("case", [*answered("96"), *cases("resend/97-without-ed"), "ed/97-resend-plain"])
def test_96_and_a_repeat_after_97_end_with_a_bare_cr(case: str) -> None:
    assert response_bytes(case).endswith(b"\r")


def test_lf_alone_ends_no_request_so_ours_end_with_cr() -> None:
    assert RECORDS["framing/LF-only-terminator"]["timeout"]
    assert response("framing/LF-only-then-CR").code == "98"

    assert KOHA.wire.terminator == b"\r"
    assert response("malformed/CRLF-terminated").code == "64"


def test_an_lf_after_the_cr_is_dropped() -> None:
    assert response("framing/three-requests-one-segment-CRLF/3").code == "24"


def test_koha_cuts_a_pin_at_the_end_of_a_line_and_only_there() -> None:
    last, followed = (
        "patron-info/pin-ends-with-special-char-AD-last",
        "patron-info/pin-ends-with-special-char-AC-after-AD",
    )
    assert PatronView(response(last)).pin_is_right is False
    assert PatronView(response(followed)).pin_is_right is True
    assert PatronView(response("patron-info/pin-ends-with-special-char-with-ED")).pin_is_right is True

    assert b"|ADPersonal1!" not in koha_reads(request_bytes(last))
    assert b"|ADPersonal1!|" in koha_reads(request_bytes(followed))


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="|", exclude_categories=("C", "Z")), min_size=1, max_size=12
    ),
    st.booleans(),
)
def test_any_pin_survives_koha_s_trimming_whether_or_not_lines_are_checked(pin: str, error_detection: bool) -> None:
    made = [
        requests.patron_information(NOW, "VASTERAS", "1", pin),
        requests.patron_status(NOW, "VASTERAS", "1", pin, terminal_password="x"),
        requests.checkout(NOW, "VASTERAS", "1", "2", pin=pin),
        requests.renew(NOW, "VASTERAS", "1", "2", pin=pin),
    ]
    for message in made:
        line = encode(message, KOHA.wire.coding, sequence=0, error_detection=error_detection)

        kept = decode(koha_reads(line[:-1]), KOHA.wire.coding)

        assert kept.first("AD") == TextCoding("utf-8").read(pin.encode())


@pytest.mark.parametrize("case", ["malformed/only-CR", "malformed/only-LF-then-CR"])
def test_an_empty_line_makes_koha_hang_up(case: str) -> None:
    assert RECORDS[case]["closed"]
    assert response_bytes(case) == b""


@pytest.mark.parametrize("case", answered("96"))
def test_what_koha_cannot_read_is_answered_96_and_asked_again_only_so_often(case: str) -> None:
    session = logged_in(error_detection=False)
    session.send(request("patron-info/good/right-pin"))

    events = [session.receive(response_bytes(case)) for _ in range(4)]

    assert all(isinstance(event, Resend) for each in events[:3] for event in each)
    assert events[3] == [Broken(Cause.BAD_CHECKSUM)]


def test_nothing_but_a_login_comes_first() -> None:
    assert all(RECORDS[case]["closed"] for case in cases("before-login/"))
    assert RECORDS["login/bad-then-retry-same-connection/3-sc-status"]["closed"]

    for message in (requests.sc_status(), request("patron-info/good/right-pin")):
        with pytest.raises(SIP2LocalError):
            ClientSession(KOHA.wire).send(message)


def test_a_second_login_switches_the_account_and_a_failed_one_does_not() -> None:
    said = AcsStatusView(response("login/second-login-other-account/2-status-shows-AO"))

    assert said.institution == "SALA"
    assert response("login/second-login-bad/3").fixed_field("ok") == "0"


@pytest.mark.parametrize(
    ("account", "name"), [("sip_vasteras", "Åsa Öberg"), ("sip_plain", "Åsa Öberg"), ("sip_ascii", "?sa ?berg")]
)
def test_letters_come_as_the_account_s_encoding_has_them(account: str, name: str) -> None:
    case = "patron-info/good/right-pin" if account == "sip_vasteras" else f"account-{account}/patron-info-good"

    assert PatronView(response(case)).name == name


def test_without_an_encoding_letters_are_latin_1_until_one_is_beyond_it() -> None:
    plain, with_snowman = "account-sip_plain/patron-info-good", "account-sip_plain/patron-info-pipename"
    assert "Åsa".encode("latin-1") in response_bytes(plain)
    assert "Öppet 10–19. ☃".encode() in response_bytes(with_snowman)

    assert "Öppet 10–19. ☃" in PatronView(response(with_snowman)).messages[0]


def test_a_checksum_over_letters_is_told_and_the_answer_still_read() -> None:
    message = response("account-sip_plain/ed-patron-info-pipename")

    assert message.checksum is Checksum.INVALID
    assert (message.sequence, message.first("AA")) == (1, "2000000018")


def test_a_pin_goes_out_in_the_bytes_koha_compares() -> None:
    assert PatronView(response("patron-info/pin-swedish-utf8")).pin_is_right is True
    assert PatronView(response("patron-info/pin-swedish-latin1")).pin_is_right is False

    sent = encode(requests.patron_information(NOW, "", "1", "pä55wörd"), KOHA.wire.coding)

    assert "|ADpä55wörd|".encode() in sent


@pytest.mark.parametrize("case", ["patron-status/card-swedish-utf8", "item-info/barcode-swedish"])
def test_an_unknown_number_with_swedish_letters_comes_back_encoded_twice(case: str) -> None:
    identifier = "AA" if case.startswith("patron") else "AB"
    asked, echoed = request(case).first(identifier), response(case).first(identifier)

    assert asked is not None
    assert echoed == asked.encode().decode("latin-1")


def test_a_delimiter_in_data_is_escaped() -> None:
    assert KOHA.escaped_delimiter == "&#124;"
    assert response("checkin/pipe-title").first("AJ") == 'Titel med &#124; streck, "citat" & <tagg> – år 1984'


@pytest.mark.parametrize("case", cases("ed/"))
def test_an_answer_is_checked_exactly_when_the_request_was_and_echoes_its_number(case: str) -> None:
    asked, said = request(case), response(case)
    if said.code == "96":
        assert response_bytes(case) == b"96AZFEF6\r"
        return

    was_checked = asked.checksum is Checksum.VALID and asked.sequence is not None

    assert said.checksum is (Checksum.VALID if was_checked else Checksum.ABSENT)
    assert said.sequence == (asked.sequence if was_checked else None)


def test_lower_case_digits_in_a_checksum_are_taken() -> None:
    assert request("ed/lower-case-checksum").checksum is Checksum.VALID
    assert response("ed/lower-case-checksum").code == "64"


def test_the_same_number_twice_is_answered_twice_and_a_jump_is_no_matter() -> None:
    twice = [response_bytes(case) for case in ("ed/sequence-9-then-same-9", "ed/sequence-same-9-again")]

    assert twice[0] == twice[1]
    assert response("ed/sequence-jumps-to-4").sequence == 4


def test_a_repeat_after_97_is_bare_and_garbled_and_so_never_a_verified_answer() -> None:
    repeated = response("ed/97-resend-plain")
    assert repeated.checksum is Checksum.ABSENT
    assert repeated.first("AE") == "Åsa Öberg".encode().decode("latin-1")
    session = logged_in()
    session.send(request("patron-info/good/right-pin"))

    (asked_again,) = session.receive(b"64 this was hit by lightning AY2AZ0000\r")
    (event,) = session.receive(response_bytes("ed/97-resend-plain"))

    assert isinstance(asked_again, Resend)
    assert isinstance(event, Answer)
    assert not event.verified


def test_97_without_an_answer_to_repeat_repeats_the_login() -> None:
    assert response_bytes("resend/97-without-ed") == b"941\r"


def test_requests_in_one_packet_are_answered_in_order() -> None:
    sent = [line[:2] for line in LineCutter().feed(request_bytes("framing/three-requests-one-segment/1"))]
    said = [response(case).code for case in cases("framing/three-requests-one-segment/")]

    assert sent == [b"99", b"17", b"23"]
    assert said == ["98", "18", "24"][: len(said)]
    assert [response(case).code for case in cases("framing/login-and-status-one-segment/")] == ["94", "98"]
    assert response("framing/half-close-after-request/1").code == "64"


def test_ten_requests_at_once_are_answered_each_for_itself() -> None:
    found = [response(case).first("AB") for case in cases("framing/pipelined-10/")]

    assert found == [f"39000000000{number:02}" for number in range(1, len(found) + 1)]
    assert len(found) == 9


def test_a_short_header_shifts_what_koha_reads_so_ours_are_whole() -> None:
    for case in ("malformed/63-lang-only", "malformed/two-chars-63", "malformed/63-fixed-only"):
        assert PatronView(response(case)).is_valid is False

    made = [requests.login("u", "p"), requests.sc_status(), requests.patron_information(NOW, "", "1", "2")]
    assert all(message.has_whole_header for message in made)


def test_tags_are_told_apart_by_case_and_fields_need_no_last_delimiter() -> None:
    assert PatronView(response("malformed/lower-case-aa-tags")).is_valid is False
    assert PatronView(response("malformed/no-last-delimiter")).is_valid is True
    assert PatronView(response("malformed/other-delimiter-^")).is_valid is False


def test_version_2_is_asked_for_because_any_other_makes_koha_speak_sip_1() -> None:
    old = AcsStatusView(response("sc-status/v3.00-unknown"))
    assert (old.messages, old.raw.fixed_field("protocol_version")) == (frozenset(), "1.00")
    assert AcsStatusView(response("malformed/99-short")).messages == frozenset()

    assert requests.sc_status().fixed == "00802.00"
    assert AcsStatusView(response("sc-status/v2")).messages >= {"63", "17", "29", "35"}


def test_98_names_the_account_s_institution_and_all_messages_but_one() -> None:
    said = AcsStatusView(response("sc-status/v2"))

    assert said.institution == "VASTERAS"
    assert said.raw.first("BX") == "YYYYYYYYYYYNYYYY"
    assert "19" not in said.messages
    assert (said.checkout_ok, said.checkin_ok) == (True, True)


def test_koha_hangs_up_before_a_silent_connection_is_half_a_minute_old_and_we_before_it() -> None:
    silent = ["idle/before-login-4s", "idle/after-login-5s", "idle/partial-request-5s", "idle/request-after-timeout"]
    assert all(RECORDS[case]["closed"] for case in silent)
    assert response("idle/request-at-8s-keeps-alive").code == "98"

    assert KOHA.idle_seconds < 30


def test_the_language_is_echoed_and_times_have_no_zone() -> None:
    for language in ("001", "009", "999", "abc"):
        assert PatronView(response(f"patron-info/lang-{language}")).language == language
    for case in SPOKEN:
        stamp = "" if case in SHIFTED else response(case).fixed_field("transaction_date")
        assert stamp == "" or re.fullmatch(r"20261121    \d{6}", stamp), case


def ids(message: RawMessage) -> str:
    return " ".join(identifier for identifier, _ in message.fields)


@pytest.mark.parametrize(
    ("code", "order"),
    [
        ("24", "AE AA BL( CQ)?( BV)? AF AO"),
        ("64", "AO AA AE BL( CQ)?( BV)?( CC)?( A[STUV]| CD)*( BD)?( BE)?( BF)?( PB)?( PC)?( PI)? AF"),
        ("12", "AO AA AB AJ AH(( AF)? CK| (AF )?BL)( BV BH BT)?"),
        ("10", "AO AB( AQ AJ)?( AA)?( CK CS)?( CT)?( CY)?( DA)?( CV)?( AF)?"),
        ("18", "AB AJ( CK AQ BG)?( CF)?( AH)?( CM)?"),
        ("30", "AA AB AJ AH (CK AO|AO AF)"),
        ("16", "AA BS AB AJ AO|AA AO AF"),
        ("26", "AA AE( CQ BL| BL CQ)( AF)? AO"),
        ("38", "AO AA BK( AF)?"),
        ("36", "AO AA AF"),
    ],
)
def test_fields_come_in_the_order_koha_writes_them(code: str, order: str) -> None:
    found = {case: ids(response(case)) for case in answered(code) if case not in CUT_SHORT + SHIFTED}

    assert found
    assert [case for case, told in found.items() if not re.fullmatch(order, told)] == []
