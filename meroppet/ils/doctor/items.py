"""The test item: known or not, and, only when asked for, lent to the test patron and taken back."""

from meroppet.ils.doctor.bench import Bench
from meroppet.ils.doctor.draft import Draft
from meroppet.ils.doctor.findings import Check, Judged
from meroppet.ils.doctor.subject import UNKNOWN_ITEM, Subject
from meroppet.ils.profiles import SiteProfile
from meroppet.sip2 import requests
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.views import ItemView, LoanView, ReturnView

_AVAILABLE = "03"


async def items(bench: Bench, subject: Subject) -> bool:
    """An item that nobody has, and the test item; whether that one is known and stands on its shelf."""
    await _unknown(bench)
    if not subject.item:
        bench.found(Check.ITEM, Judged.UNSEEN, "no_item_given")
        return False
    answer = await _item(bench, subject.item)
    view = ItemView(answer) if answer is not None else None
    if view is not None and view.barcode and view.barcode != subject.item:
        bench.found(Check.ITEM, Judged.UNSAFE, "other_item")
        return False
    if view is None or view.barcode != subject.item:
        bench.found(Check.ITEM, Judged.CAREFUL, "item_unanswered")
        return False
    if view.title is None:
        bench.found(Check.ITEM, Judged.CAREFUL, "item_unknown")
        return False
    bench.found(Check.ITEM, Judged.GOOD, "item_known", status=view.circulation_status)
    return view.circulation_status == _AVAILABLE


async def _unknown(bench: Bench) -> None:
    answer = await _item(bench, UNKNOWN_ITEM)
    if answer is None:
        bench.found(Check.UNKNOWN_ITEM, Judged.CAREFUL, "unknown_item_unanswered")
    elif ItemView(answer).title is not None:
        bench.found(Check.UNKNOWN_ITEM, Judged.CAREFUL, "unknown_item_has_title")
    else:
        bench.found(Check.UNKNOWN_ITEM, Judged.GOOD, "unknown_item_refused")


async def _item(bench: Bench, barcode: str) -> RawMessage | None:
    return await bench.may(requests.item_information(bench.now(), bench.account.institution, barcode))


async def loan(bench: Bench, subject: Subject, draft: Draft, base: SiteProfile) -> None:
    """Lend and take back; whether a blank due date of our own is accepted, and which place a return must name."""
    for blank in (True, False):
        made = await _lent(bench, subject, blank=blank)
        if made is None:
            continue
        if made.ok is not True:
            bench.found(Check.LOAN, Judged.CAREFUL, "loan_refused")
            return
        draft.blank_nb_due = blank
        draft.location_from_status = await _taken_back(bench, subject.item, base)
        if draft.location_from_status is None:
            bench.found(Check.LOAN, Judged.FAILED, "return_failed")
        else:
            bench.found(Check.LOAN, Judged.GOOD, "loan_with_blank_date" if blank else "loan_with_date")
        return
    bench.found(Check.LOAN, Judged.FAILED, "loan_unanswered")


async def _lent(bench: Bench, subject: Subject, *, blank: bool) -> LoanView | None:
    request = requests.checkout(
        bench.now(), bench.account.institution, subject.card, subject.item, pin=subject.pin or None, blank_nb_due=blank
    )
    answer = await bench.may(request)
    if answer is not None:
        return LoanView(answer)
    # No answer is no "no": whether the item went out is asked before anything is tried again.
    seen = await _item(bench, subject.item)
    is_still_here = seen is not None and ItemView(seen).circulation_status == _AVAILABLE
    return None if is_still_here else LoanView(RawMessage("12"))


async def _taken_back(bench: Bench, barcode: str, base: SiteProfile) -> bool | None:
    """Whether the place had to be the one that 98 names; None where the item was not taken back."""
    account = bench.account
    ours, told = account.location or account.institution, bench.status.first("AN") if bench.status is not None else None
    # Where the preset wants it, the place of 98 goes first: another one could send the item on its way.
    places = [(ours, False), *([(told, True)] if told and told != ours else [])]
    for place, is_told in reversed(places) if base.location_from_status else places:
        made = requests.checkin(
            bench.now(), account.institution, barcode, location=place, blank_return_date=base.blank_return_date
        )
        answer = await bench.may(made)
        if answer is not None and ReturnView(answer).ok is True:
            return is_told
    return None
