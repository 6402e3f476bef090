"""What hands can do at the virtual entrance; each deed acts on board, cable, mains, clock or register."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import time

from demo.books import BOOKS
from demo.house import House
from demo.people import ODD_CARDS, PEOPLE, shown_by

Fields = Mapping[str, str]
Deed = Callable[[House, Fields], Awaitable[bool]]
CONTACTS = frozenset({"fire", "armed", "intrusion", "tamper"})
"""What hands make and break at the entrance besides buttons: smoke, the alarm panel, the cover of the box."""
MOST_ON_PAD = 6
"""A stack higher than this is not read by a pad."""


class Clumsy(ValueError):
    """Something hands cannot do; the text says what they can."""


async def act(house: House, action: str, fields: Fields) -> bool:
    """Do it; True when it reached something. Raises Clumsy."""
    deed = DEEDS.get(action)
    if deed is None:
        raise Clumsy(f"hands cannot {action!r}; they can: {', '.join(DEEDS)}")
    return await deed(house, fields)


async def _tap(house: House, fields: Fields) -> bool:
    wanted = fields.get("card", "")
    branch = house.place.branch
    shown = {person.id: shown_by(person, branch) for person in PEOPLE} | {card.id: card.text for card in ODD_CARDS}
    if wanted not in shown:
        raise Clumsy(f"no card {wanted!r}")
    card = shown[wanted]
    if fields.get("where") != "kiosk":
        return house.board.tap(card)
    # The kiosk reads printed cards with its scanner and tags with its reader.
    return house.desk.scan(card) if isinstance(card, str) else house.desk.tap(card)


async def _key(house: House, fields: Fields) -> bool:
    try:
        return house.board.press(fields.get("key", ""))
    except ValueError as error:
        raise Clumsy(str(error)) from error


async def _push(house: House, fields: Fields) -> bool:
    board = house.board
    if fields.get("side") != "inside":
        if board.push_door("outside"):
            # The counter hangs inside, above whoever comes in.
            board.walk("in")
        return board.state().leaf_open
    # The lever inside has a switch, so that leaving by it is not taken for breaking out (EN 179 handles have one).
    board.press_exit()
    board.walk("out")
    return board.push_door("inside")


async def _shut(house: House, fields: Fields) -> bool:  # noqa: ARG001 (every deed takes the same)
    house.board.shut_door()
    return True


async def _force(house: House, fields: Fields) -> bool:  # noqa: ARG001
    house.board.force_door()
    return True


async def _exit(house: House, fields: Fields) -> bool:  # noqa: ARG001
    house.board.press_exit()
    return True


async def _book(house: House, fields: Fields) -> bool:
    barcode = fields.get("barcode", "")
    if barcode not in {book.barcode for book in BOOKS}:
        raise Clumsy(f"no book {barcode!r}")
    lying = house.desk.state().items
    rest = tuple(item for item in lying if item != barcode)
    house.desk.put_items(rest if barcode in lying else (*rest[-MOST_ON_PAD + 1 :], barcode))
    return True


async def _network(house: House, fields: Fields) -> bool:
    if fields.get("state") == "cut":
        house.cable.cut()
    else:
        house.cable.mend()
    return True


async def _power(house: House, fields: Fields) -> bool:
    if fields.get("state") == "off":
        await house.cut_power()
    else:
        await house.restore_power()
    return True


async def _register(house: House, fields: Fields) -> bool:
    await house.set_register_fault("hang" if fields.get("state") == "hang" else "none")
    return True


async def _clock(house: House, fields: Fields) -> bool:
    wanted = fields.get("at", "")
    if wanted == "now":
        house.clock.back()
        return True
    try:
        house.clock.turn_to(time.fromisoformat(wanted.replace(".", ":")))
    except ValueError as error:
        raise Clumsy(f"{wanted!r} is no time; write it as 19:30") from error
    return True


async def _contact(house: House, fields: Fields) -> bool:
    wanted = fields.get("part", "")
    if wanted not in CONTACTS:
        raise Clumsy(f"no contact {wanted!r}; there are: {', '.join(sorted(CONTACTS))}")
    (house.board.make if fields.get("state") == "on" else house.board.unmake)(wanted)
    return True


async def _reset(house: House, fields: Fields) -> bool:  # noqa: ARG001
    house.board.press_reset()
    return True


DEEDS: dict[str, Deed] = {
    "tap": _tap,
    "key": _key,
    "push": _push,
    "shut": _shut,
    "force": _force,
    "exit": _exit,
    "contact": _contact,
    "reset": _reset,
    "book": _book,
    "network": _network,
    "power": _power,
    "register": _register,
    "clock": _clock,
}
