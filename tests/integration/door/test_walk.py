"""One visit through a whole door, and what is on disk and at the server afterwards."""

from meroppet.rules.reasons import Reason
from tests.integration.door.house import ANNA, House, until


async def test_a_permitted_patron_comes_in(house: House) -> None:
    await house.open()

    await house.enter(ANNA)
    await house.says(Reason.GRANTED)
    assert house.board.push_door()
    await until(lambda: "door.opened" in house.server.kinds())
    house.board.shut_door()
    await until(lambda: "door.shut" in house.server.kinds())

    walk = [kind for kind in house.server.kinds() if kind.startswith(("access", "door"))]
    assert walk == ["access.granted", "door.released", "door.opened", "door.shut"]
    assert house.board.state().locked
    assert house.server.asked == [{"card": ANNA.card, "pin": ANNA.pin}]
