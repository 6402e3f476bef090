"""What is true at a virtual entrance: one frozen state and the laws that change it. Pure; the socket is board.py's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hardware.ports import Colour, Tone

HANDS = frozenset(
    {
        "exit",
        "tamper",
        "reader_tamper",
        "fire",
        "armed",
        "intrusion",
        "reset",
        "passage_in",
        "passage_out",
        "presence",
    }
)
"""The contacts that something outside the entrance's own laws makes: hands, smoke, the alarm panel, passing people."""
DERIVED = frozenset({"contact", "inner_contact", "bond"})
"""The contacts that follow from how leaves and locks are."""
CONTACTS = HANDS | DERIVED
STRIKES = ("strike", "night_strike", "inner_strike")
"""The day lock and the night lock of the outer leaf, and the lock of the leaf behind the porch."""
ARM_REQUEST = "arm_request"
"""The relay that the alarm panel is wired to."""
_RELAY = re.compile(r"relay(:[a-z_]{1,32})?")


@dataclass(frozen=True, slots=True)
class BoardState:
    """Everything one can see at the entrance."""

    fail_safe: bool = False
    """The locks' wiring: power locks a fail-safe magnet and opens a fail-secure strike."""
    has_night_lock: bool = False
    mains: bool = True
    strike_powered: bool = False
    night_powered: bool = False
    inner_powered: bool = False
    leaf_open: bool = False
    inner_open: bool = False
    active: frozenset[str] = frozenset()
    """Those of HANDS that are made now."""
    is_magnet_weak: bool = False
    """Something lies between magnet and plate: powered, and holding nothing."""
    panel_willing: bool = True
    """Whether the alarm panel arms when it is asked to; it never does while a leaf stands open."""
    relays: frozenset[str] = frozenset()
    """The names of the relays that are on; the one without a name is called by the empty text."""
    colour: Colour = Colour.OFF
    blinking: bool = False
    display: tuple[str, ...] = ()
    tone: Tone | None = None
    """The last one heard."""
    tones: int = 0
    """How many have been heard."""
    said: tuple[str, str] = ("", "")
    """The last words of the loudspeaker, after their language."""
    told: tuple[tuple[str, str], ...] = ()
    """The last message to whoever else must know, by key."""
    sayings: int = 0
    """How often it has spoken."""
    items: tuple[str, ...] = ()
    """What lies on the pad."""
    unplugged: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    """The parts a driver is connected to."""

    @property
    def locked(self) -> bool:
        """Whether anything holds the outer leaf against a push from outside."""
        return self.day_locked or self.night_locked

    @property
    def day_locked(self) -> bool:
        """Whether the strike or magnet of the outer leaf holds it."""
        return self.strike_powered == self.fail_safe

    @property
    def night_locked(self) -> bool:
        """Whether the outer leaf has a night lock, and it holds."""
        return self.has_night_lock and self.night_powered == self.fail_safe

    @property
    def inner_locked(self) -> bool:
        """Whether the leaf behind the porch is held against a push from the porch."""
        return self.inner_powered == self.fail_safe

    @property
    def bonded(self) -> bool:
        """What a magnet's own sensor says: that it holds the leaf."""
        return self.day_locked and self.mains and not self.leaf_open and not self.is_magnet_weak

    @property
    def relay_on(self) -> bool:
        """Whether the relay without a name is on."""
        return "" in self.relays


def is_relay(part: str) -> bool:
    """Whether a part is a relay: `relay`, or `relay:NAME` for one of several."""
    return _RELAY.fullmatch(part) is not None


def levels(state: BoardState) -> Mapping[str, object]:
    """What every input that has a level says of a state."""
    derived = {"contact": state.leaf_open, "inner_contact": state.inner_open, "bond": state.bonded}
    return {**{part: part in state.active for part in HANDS}, **derived, "tag_pad": state.items}


def pushed(state: BoardState, side: str) -> BoardState:
    """Push the leaf. From inside it always opens: the lever is mechanical and asks no software (EN 179)."""
    return replace(state, leaf_open=state.leaf_open or side == "inside" or not state.locked)


def inner_pushed(state: BoardState, side: str) -> BoardState:
    """Push the leaf behind the porch, which has the same lever on its inside."""
    return replace(state, inner_open=state.inner_open or side == "inside" or not state.inner_locked)


def touched(state: BoardState, part: str, *, on: bool) -> BoardState:
    """A contact of HANDS is made or broken; raises ValueError for any other part."""
    if part not in HANDS:
        raise ValueError(f"no hand makes {part!r}; one can make: {', '.join(sorted(HANDS))}")
    return replace(state, active=state.active | {part} if on else state.active - {part})


def without_mains(state: BoardState) -> BoardState:
    """The plug is pulled: pins and lamps are dead. A fail-safe magnet lets go, a fail-secure strike holds."""
    unpowered = replace(state, mains=False, strike_powered=False, night_powered=False, inner_powered=False)
    return replace(unpowered, relays=frozenset(), colour=Colour.OFF, blinking=False, display=())


def ordered(state: BoardState, part: str, value: object) -> BoardState | None:
    """The state after a driver's order to an output; None when the order makes no sense."""
    match part, value:
        case "strike", bool(on):
            return replace(state, strike_powered=on)
        case "night_strike", bool(on):
            return replace(state, night_powered=on)
        case "inner_strike", bool(on):
            return replace(state, inner_powered=on)
        case "indicator", {"colour": str(colour), "blinking": bool(blinking)} if colour in set(Colour):
            return replace(state, colour=Colour(colour), blinking=blinking)
        case "display", [*lines] if all(isinstance(line, str) for line in lines):
            return replace(state, display=tuple(str(line) for line in lines))
        case "sounder", str(tone) if tone in set(Tone):
            return replace(state, tone=Tone(tone), tones=state.tones + 1)
        case "loudspeaker", {"words": str(words), "lang": str(lang)}:
            return replace(state, said=(lang, words), sayings=state.sayings + 1)
        case "messenger", {**message}:
            return replace(state, told=tuple(sorted((str(key), str(said)) for key, said in message.items())))
        case relay, bool(on) if is_relay(relay):
            return _switched(state, relay.partition(":")[2], on=on)
    return None


def _switched(state: BoardState, name: str, *, on: bool) -> BoardState:
    switched = replace(state, relays=state.relays | {name} if on else state.relays - {name})
    is_asked = on and name == ARM_REQUEST and name not in state.relays
    shut = not state.leaf_open and not state.inner_open
    return touched(switched, "armed", on=True) if is_asked and state.panel_willing and shut else switched
