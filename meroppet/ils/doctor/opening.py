"""The first words with a register: reached, encrypted, logged in, and what it says of itself."""

from dataclasses import replace
from datetime import datetime, timedelta

from meroppet.ils.doctor.bench import Bench, Reply, Stop, not_sip2, strange
from meroppet.ils.doctor.findings import Check, Finding, Judged
from meroppet.ils.doctor.lettering import lettering
from meroppet.ils.doctor.line import Ended, Unreachable
from meroppet.sip2 import requests
from meroppet.sip2.fields import BX_ORDER, read_flag
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.views import AcsStatusView

_CLOCKS_APART = timedelta(minutes=2)

# The ways to begin, most wanted first: error detection is left off only where a register cannot have it.
_WAYS = ((b"\r", True), (b"\r\n", True), (b"\r", False), (b"\r\n", False))


async def begin(bench: Bench) -> None:
    """Reach the register and log in; raises Stop where that cannot be done."""
    await _reach(bench)
    _encryption(bench)
    await _log_in(bench)
    bench.status = await bench.must(requests.sc_status(), Check.STATUS)
    _status(bench, bench.status)
    _clock(bench, bench.status)


async def _reach(bench: Bench) -> None:
    begun = bench.clock.monotonic()
    try:
        await bench.open()
    except Unreachable as error:
        raise Stop(Finding(Check.REACH, Judged.FAILED, error.says, error.values)) from error
    took = f"{(bench.clock.monotonic() - begun) * 1000:.0f}"
    bench.found(Check.REACH, Judged.GOOD, "reached", ms=took)


def _encryption(bench: Bench) -> None:
    account = bench.account
    if account.tls is not None:
        says = "encrypted_pinned" if account.tls.pinned_sha256 is not None else "encrypted"
        bench.found(Check.ENCRYPTION, Judged.GOOD, says)
    elif not account.is_exposed:
        bench.found(Check.ENCRYPTION, Judged.NOTE, "loopback")
    else:
        bench.found(Check.ENCRYPTION, Judged.UNSAFE, "plain_text", host=account.host)


async def _log_in(bench: Bench) -> None:
    account = bench.account
    if not account.user:
        bench.wants = replace(bench.wants, needs_login=False)
        bench.found(Check.LOGIN, Judged.NOTE, "no_login")
        return
    request = requests.login(account.user, account.password, account.location)
    replies: list[Reply] = []
    for terminator, detection in _WAYS:
        bench.wants = replace(bench.wants, terminator=terminator, error_detection=detection)
        if replies:
            await _reach_again(bench)
        reply = await bench.ask(request)
        if reply.is_good and reply.message is not None and reply.message.code == "94":
            _logged_in(bench, reply.message)
            return
        replies.append(reply)
        if reply.heard.ended is Ended.LINE and (reply.message is None or reply.message.code == "94"):
            # Somebody else speaks there, or the answer cannot be believed: asking otherwise makes neither better.
            break
    raise Stop(_not_logged_in(bench, replies))


async def _reach_again(bench: Bench) -> None:
    try:
        await bench.open()
    except Unreachable as error:
        raise Stop(Finding(Check.REACH, Judged.FAILED, "cannot_connect_again")) from error


def _logged_in(bench: Bench, answer: RawMessage) -> None:
    if read_flag(answer.fixed_field("ok")) is not True:
        raise Stop(Finding(Check.LOGIN, Judged.FAILED, "login_refused", {"user": bench.account.user}))
    bench.found(Check.LOGIN, Judged.GOOD, "logged_in", user=bench.account.user)


def _not_logged_in(bench: Bench, replies: list[Reply]) -> Finding:
    """What the peer is, as well as its words or its silence can tell; the last words say most."""
    spoke = [reply for reply in replies if reply.heard.line]
    reply = spoke[-1] if spoke else replies[0]
    heard = reply.heard
    if heard.line and (heard.ended is Ended.LINE or not heard.line[:2].isdigit()) and reply.message is None:
        return Finding(Check.LOGIN, Judged.FAILED, *not_sip2(heard.line))
    if heard.ended is Ended.LINE:
        return strange(reply, Check.LOGIN)
    seconds = {"seconds": f"{bench.patience.answer:g}"}
    says = {Ended.CLOSED: "closes", Ended.UNFINISHED: "no_line_end"}.get(heard.ended, "silent_at_login")
    return Finding(Check.LOGIN, Judged.FAILED, says, seconds)


def _status(bench: Bench, message: RawMessage) -> None:
    told = AcsStatusView(message)
    if read_flag(message.fixed_field("online")) is not True:
        raise Stop(Finding(Check.STATUS, Judged.FAILED, "offline"))
    version = message.fixed_field("protocol_version").strip()
    values = {
        "library": _text(told.library),
        "institution": (told.institution or "").strip() or "–",
        "version": version,
        "messages": " ".join(code for code in BX_ORDER if code in told.messages) or "–",
    }
    if version != "2.00":
        bench.found(Check.STATUS, Judged.CAREFUL, "other_version", **values)
    else:
        bench.found(Check.STATUS, Judged.GOOD, "status", **values)
    mine, its = bench.account.institution.strip(), (told.institution or "").strip()
    if mine and its and mine != its:
        bench.found(Check.INSTITUTION, Judged.CAREFUL, "other_institution", ours=mine, theirs=its)


def _text(latin: str | None) -> str:
    """A text for the eye before its encoding is known."""
    if latin is None:
        return "–"
    raw = latin.encode("latin-1", "replace")
    return raw.decode(lettering([raw]).charset or "ascii", "replace")


def _clock(bench: Bench, message: RawMessage) -> None:
    stamp = message.fixed_field("date_time")
    try:
        its = datetime.strptime(stamp[:8] + stamp[12:], "%Y%m%d%H%M%S")  # noqa: DTZ007 (compared with a bare wall time)
    except ValueError:
        bench.found(Check.CLOCK, Judged.NOTE, "clock_unreadable")
        return
    apart = its - bench.now().replace(tzinfo=None)
    if abs(apart) > _CLOCKS_APART:
        minutes = f"{apart.total_seconds() / 60:+.0f}"
        bench.found(Check.CLOCK, Judged.CAREFUL, "clock_apart", minutes=minutes, zone=bench.account.zone)
        return
    bench.found(Check.CLOCK, Judged.GOOD, "clock_agrees")
