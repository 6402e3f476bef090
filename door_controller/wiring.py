"""Which fittings belong together: what an installer may have forgotten or named twice, said in sentences."""

from collections.abc import Iterator, Mapping

from hardware.registry import DriverChoice

_ELECTRIC = {"gpio": ("pin",), "virtual": ("socket", "part", "name")}
"""The options by which a driver's line is told from all others."""
_LINES = frozenset(
    {
        "contact",
        "exit_button",
        "inner_contact",
        "bond",
        "tamper_box",
        "tamper_reader",
        "fire",
        "alarm_armed",
        "alarm_triggered",
        "arm_request",
        "reset_key",
        "people_in",
        "people_out",
        "presence",
        "opener",
    }
)
"""The places that have a line of their own; a reader or a display may share its device with another place."""


def complaints(fitted: Mapping[str, DriverChoice], *, has_inner: bool, fire_releases: bool) -> Iterator[str]:
    """What is wrong with the devices and locks chosen, a sentence each."""
    places = fitted.keys()
    if "arm_request" in places and "alarm_armed" not in places:
        yield "arm_request asks the alarm to arm, and only alarm_armed tells whether it did: fit that too"
    if ("people_in" in places) != ("people_out" in places):
        yield "a people counter needs both people_in and people_out: one alone counts everybody twice or never"
    if fire_releases and "fire" not in places:
        yield "fire_releases needs the input fire, which is not fitted"
    if has_inner and not places >= {"contact", "inner_contact"}:
        yield "inner_lock is let go only while the other leaf is shut: fit both contact and inner_contact"
    if "inner_contact" in places and not has_inner:
        yield "inner_contact belongs to a second leaf: say what inner_lock is, or leave it out"
    yield from _named_twice(fitted)


def _named_twice(fitted: Mapping[str, DriverChoice]) -> Iterator[str]:
    taken: dict[tuple[str, ...], str] = {}
    for place, choice in fitted.items():
        if choice.driver not in _ELECTRIC or (place not in _LINES and not place.startswith("relays.")):
            continue
        line = (choice.driver, *(str(choice.options.get(option, "")) for option in _ELECTRIC[choice.driver]))
        if line in taken:
            yield f"{taken[line]} and {place} are on the same line ({' '.join(filter(None, line))}): each needs its own"
        taken[line] = place
