"""What is true at a virtual entrance: one frozen state and the laws that change it. Pure; the socket is board.py's."""

from dataclasses import dataclass, replace

from hardware.ports import Colour, Tone


@dataclass(frozen=True, slots=True)
class BoardState:
    """Everything one can see at the entrance."""

    fail_safe: bool = False
    """The lock's wiring: power locks a fail-safe magnet and opens a fail-secure strike."""
    mains: bool = True
    strike_powered: bool = False
    leaf_open: bool = False
    relay_on: bool = False
    colour: Colour = Colour.OFF
    blinking: bool = False
    display: tuple[str, ...] = ()
    tone: Tone | None = None
    """The last one heard."""
    tones: int = 0
    """How many have been heard."""
    items: tuple[str, ...] = ()
    """What lies on the pad."""
    unplugged: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    """The parts a driver is connected to."""

    @property
    def locked(self) -> bool:
        """Whether the strike holds the leaf against a push from outside."""
        return self.strike_powered == self.fail_safe


def pushed(state: BoardState, side: str) -> BoardState:
    """Push the leaf. From inside it always opens: the lever is mechanical and asks no software (EN 179)."""
    return replace(state, leaf_open=state.leaf_open or side == "inside" or not state.locked)


def without_mains(state: BoardState) -> BoardState:
    """The plug is pulled: pins and lamps are dead. A fail-safe magnet lets go, a fail-secure strike holds."""
    return replace(
        state, mains=False, strike_powered=False, relay_on=False, colour=Colour.OFF, blinking=False, display=()
    )


def ordered(state: BoardState, part: str, value: object) -> BoardState | None:
    """The state after a driver's order to an output; None when the order makes no sense."""
    match part, value:
        case "strike", bool(on):
            return replace(state, strike_powered=on)
        case "relay", bool(on):
            return replace(state, relay_on=on)
        case "indicator", {"colour": str(colour), "blinking": bool(blinking)} if colour in set(Colour):
            return replace(state, colour=Colour(colour), blinking=blinking)
        case "display", [*lines] if all(isinstance(line, str) for line in lines):
            return replace(state, display=tuple(str(line) for line in lines))
        case "sounder", str(tone) if tone in set(Tone):
            return replace(state, tone=Tone(tone), tones=state.tones + 1)
    return None
