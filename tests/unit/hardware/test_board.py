"""The virtual entrance keeps the laws of a real one."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ports import CardFormat, CardPresented, Colour, InputChanged, ReaderFound
from hardware.virtual.board import OUTPUTS, Board
from hardware.virtual.drivers import VirtualBarcodeScanner, VirtualCardReader, VirtualInput, VirtualRelay
from hardware.virtual.world import (
    HANDS,
    STRIKES,
    BoardState,
    inner_pushed,
    levels,
    ordered,
    pushed,
    touched,
    without_mains,
)

states = st.builds(
    BoardState,
    fail_safe=st.booleans(),
    has_night_lock=st.booleans(),
    strike_powered=st.booleans(),
    night_powered=st.booleans(),
    inner_powered=st.booleans(),
    leaf_open=st.booleans(),
    inner_open=st.booleans(),
    active=st.frozensets(st.sampled_from(sorted(HANDS))),
    panel_willing=st.booleans(),
)
POWERS = dict(zip(STRIKES, ("strike_powered", "night_powered", "inner_powered"), strict=True))


@pytest.fixture(params=[False, True], ids=["fail_secure", "fail_safe"])
async def board(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Board]:
    async with Board(tmp_path / "board.sock", fail_safe=request.param) as board:
        yield board


class Wire:
    """A driver written by hand."""

    async def attach(self, board: Board, part: str) -> "Wire":
        self.reader, self.writer = await asyncio.open_unix_connection(board.path)
        assert await self.ask({"attach": part}) == {"ok": True}
        return self

    async def ask(self, message: object) -> dict[str, Any]:
        self.writer.write(json.dumps(message).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self.reader.readline())
        return answer

    def die(self) -> None:
        self.writer.transport.abort()


@settings(deadline=None)
@given(states)
def test_from_inside_every_leaf_always_opens(state: BoardState) -> None:
    assert pushed(state, "inside").leaf_open
    assert inner_pushed(state, "inside").inner_open


@settings(deadline=None)
@given(states)
def test_from_outside_it_opens_exactly_when_it_is_not_locked(state: BoardState) -> None:
    assert pushed(state, "outside").leaf_open == (state.leaf_open or not (state.day_locked or state.night_locked))
    assert inner_pushed(state, "outside").inner_open == (state.inner_open or not state.inner_locked)


@settings(deadline=None)
@given(states)
def test_without_mains_a_strike_holds_and_a_magnet_lets_go(state: BoardState) -> None:
    assert without_mains(state).locked is not state.fail_safe
    assert without_mains(state).inner_locked is not state.fail_safe


@settings(deadline=None)
@given(
    states,
    st.sampled_from([*sorted(OUTPUTS), "relay", "relay:arm_request"]),
    st.none() | st.booleans() | st.text() | st.lists(st.integers()),
)
def test_an_order_to_another_part_never_turns_a_strike(state: BoardState, part: str, value: object) -> None:
    after = ordered(state, part, value) or state

    for strike, power in POWERS.items():
        assert strike == part or getattr(after, power) == getattr(state, power)


@settings(deadline=None)
@given(states)
def test_a_magnet_reports_that_it_holds_only_what_it_can_hold(state: BoardState) -> None:
    assert levels(state)["bond"] == (state.day_locked and not state.leaf_open)
    assert not levels(without_mains(state))["bond"]


@settings(deadline=None)
@given(states)
def test_a_panel_arms_when_it_is_asked_willing_and_every_leaf_is_shut(state: BoardState) -> None:
    asked = ordered(state, "relay:arm_request", True)
    ready = state.panel_willing and not state.leaf_open and not state.inner_open

    assert asked is not None
    assert ("armed" in asked.active) == (ready or "armed" in state.active)


def test_hands_do_not_move_what_follows_from_leaf_and_lock() -> None:
    with pytest.raises(ValueError, match="no hand makes 'contact'"):
        touched(BoardState(), "contact", on=True)


async def test_the_night_lock_holds_the_leaf_after_the_day_lock_let_go(tmp_path: Path) -> None:
    async with Board(tmp_path / "board.sock", night_lock=True) as board:
        day, night = await Wire().attach(board, "strike"), await Wire().attach(board, "night_strike")

        await day.ask({"set": True})
        assert not board.push_door()
        await night.ask({"set": True})
        assert board.push_door()
        day.die()
        night.die()


async def test_relays_are_switched_by_name_and_each_apart(board: Board) -> None:
    lights, plain = (VirtualRelay(VirtualRelay.Options(socket=board.path, **name)) for name in ({"name": "lights"}, {}))

    assert await lights.switch(True)
    assert board.state().relays == {"lights"}
    assert await plain.switch(True)
    assert await lights.switch(False)
    assert board.state().relays == {""}
    await lights.close()
    await plain.close()


async def test_a_person_who_walks_by_is_one_pulse_of_the_counter(board: Board) -> None:
    counter = VirtualInput(VirtualInput.Options(socket=board.path, part="passage_in"))
    events = counter.events()
    assert [await anext(events), await anext(events)] == [ReaderFound(), InputChanged(False)]

    board.walk("in")
    board.walk("out")

    assert [await anext(events), await anext(events)] == [InputChanged(True), InputChanged(False)]
    await counter.close()


async def test_the_strike_stays_as_it_was_when_the_process_that_drove_it_dies(board: Board) -> None:
    lockd = await Wire().attach(board, "strike")
    await lockd.ask({"set": not board.state().fail_safe})
    assert not board.state().locked

    lockd.die()
    await board.until(lambda state: "strike" not in state.attached)

    assert not board.state().locked
    assert board.push_door("outside")


async def test_a_power_cut_resets_every_pin_and_drops_every_driver(board: Board) -> None:
    lockd = await Wire().attach(board, "strike")
    lamp = await Wire().attach(board, "indicator")
    await lockd.ask({"set": True})
    await lamp.ask({"set": {"colour": "green", "blinking": False}})

    board.cut_power()

    assert await lockd.reader.readline() == b""
    assert not board.state().strike_powered
    assert board.state().colour is Colour.OFF
    assert board.attached() == frozenset()
    lockd.die()
    lamp.die()


async def test_pressing_exit_is_seen_and_let_go(board: Board) -> None:
    button = VirtualInput(VirtualInput.Options(socket=board.path, part="exit"))
    events = button.events()
    assert [await anext(events), await anext(events)] == [ReaderFound(), InputChanged(False)]

    board.press_exit()

    assert [await anext(events), await anext(events)] == [InputChanged(True), InputChanged(False)]
    await button.close()


async def test_a_tap_keeps_its_kind_and_a_reader_nobody_listens_to_says_no(board: Board) -> None:
    assert not board.tap("0123456789")
    reader = VirtualCardReader(VirtualCardReader.Options(socket=board.path))
    events = reader.events()
    await anext(events)

    assert board.tap(b"\x04\xa1")
    assert board.tap(b"\xe0\x04", card_format=CardFormat.ISO15693)
    assert board.tap("åäö\x00\n")

    assert await anext(events) == CardPresented(b"\x04\xa1", CardFormat.ISO14443)
    assert await anext(events) == CardPresented(b"\xe0\x04", CardFormat.ISO15693)
    assert await anext(events) == CardPresented("åäö\x00\n", CardFormat.TEXT)
    await reader.close()


async def test_a_code_of_10_kb_is_cut_and_marked(board: Board) -> None:
    scanner = VirtualBarcodeScanner(VirtualBarcodeScanner.Options(socket=board.path))
    events = scanner.events()
    await anext(events)

    board.scan("9" * 10_000)

    scan = await anext(events)
    assert scan.text == "9" * 1024  # type: ignore[union-attr]
    assert not scan.complete  # type: ignore[union-attr]
    await scanner.close()


def test_a_key_the_keypad_has_not_got_cannot_be_pressed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no key 'A'"):
        Board(tmp_path / "board.sock").press("A")


async def test_a_subscriber_sees_the_state_now_and_the_last_one_of_every_burst(board: Board) -> None:
    states = board.subscribe()
    first = await anext(states)

    board.push_door("inside")
    board.put_items(["a"])
    board.put_items(["a", "b"])

    async with asyncio.timeout(1):
        while (last := await anext(states)).items != ("a", "b"):
            pass
    assert not first.leaf_open
    assert last.leaf_open


@pytest.mark.parametrize(
    "line",
    [b"", b"nonsense\n", b"[]\n", b'{"attach": "bell"}\n', b'{"attach": ["strike"]}\n', b"x" * 100_000],
)
async def test_nonsense_on_a_wire_costs_its_sender_the_wire(board: Board, line: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(board.path)
    writer.write(line)
    if not line:
        writer.write_eof()

    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass
    writer.close()
    assert board.attached() == frozenset()


@pytest.mark.parametrize(
    ("part", "value"),
    [("strike", "on"), ("strike", 1), ("indicator", {"colour": "pink", "blinking": False}), ("contact", True)],
)
async def test_an_order_without_sense_is_refused_and_changes_nothing(board: Board, part: str, value: object) -> None:
    wire = await Wire().attach(board, part)
    if part == "contact":
        await wire.reader.readline()
    before = board.state()

    assert await wire.ask({"set": value}) == {"ok": False}

    assert board.state() == before
    wire.die()


async def test_a_board_replaces_the_socket_a_dead_one_left(tmp_path: Path) -> None:
    (tmp_path / "board.sock").touch()

    async with Board(tmp_path / "board.sock") as board:
        await VirtualCardReader(VirtualCardReader.Options(socket=board.path)).check()
