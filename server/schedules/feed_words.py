"""The few words public feeds and pages use for states, in the visitor's language. Pure."""

from collections.abc import Callable, Mapping

from meroppet.rules.branch import BranchState
from meroppet.texts.patron import N_

Translate = Callable[[str], str]

_STATES = {
    BranchState.STAFFED: N_("Open with staff"),
    BranchState.SELF_SERVICE: N_("Open for self-service"),
    BranchState.EVENT: N_("Open for an event"),
}
_CLOSED = N_("Closed")


def state_word(state: BranchState, translate: Translate) -> str:
    """The state as the public knows it: maintenance and an emergency are closed to them."""
    return translate(_STATES.get(state, _CLOSED))


def reason_in(reasons: Mapping[str, str], lang: str) -> str:
    """The public reason in a language, else in Swedish, else in whichever there is."""
    return reasons.get(lang) or reasons.get("sv") or next(iter(reasons.values()), "")
