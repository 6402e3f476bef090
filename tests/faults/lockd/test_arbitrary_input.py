"""Whatever is said to a real lockd, in whatever order, the strike is released only while a lease of ours lives."""

import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.lockd.rig import Rig

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
out_of_bounds = st.floats(max_value=0) | st.floats(min_value=10.01) | st.booleans() | st.text(max_size=5) | st.none()
not_leases = st.one_of(
    st.binary(max_size=200).map(lambda raw: raw.replace(b"\n", b" ")),
    json_values.map(lambda value: json.dumps(value).encode()),
    out_of_bounds.map(lambda seconds: json.dumps({"lease": seconds, "id": "a"}).encode()),
    st.text(max_size=8).map(lambda name: json.dumps({"end": name}).encode()),
)


def is_a_lease(raw: bytes) -> bool:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "lease" in value and "id" in value


@settings(max_examples=150, deadline=None)
@given(st.lists(not_leases.filter(lambda raw: not is_a_lease(raw) or b'"a"' in raw), max_size=12))
def _nothing_but_a_lease_opens(rig: Rig, lines: list[bytes]) -> None:
    before = len(rig.board.turns)
    peer = rig.peer()

    peer.say(b"".join(line + b"\n" for line in lines))
    answers = [json.loads(peer.answers.readline()) for _ in lines]
    peer.close()

    assert len(answers) == len(lines)
    assert len(rig.board.turns) == before


def test_nothing_but_a_lease_opens(rig: Rig) -> None:
    rig.lockd()

    _nothing_but_a_lease_opens(rig)


requests = st.one_of(
    st.tuples(st.just("lease"), st.sampled_from("ab"), st.floats(min_value=0.005, max_value=0.05)),
    st.tuples(st.just("end"), st.sampled_from("ab"), st.just(0.0)),
    st.tuples(st.just("sleep"), st.just(""), st.floats(min_value=0.0, max_value=0.06)),
    st.tuples(st.just("hang up"), st.just(""), st.just(0.0)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), requests), max_size=10))
def _released_exactly_while_a_lease_lives(rig: Rig, script: list[tuple[int, tuple[str, str, float]]]) -> None:
    peers = [rig.peer(), rig.peer()]
    ends: dict[tuple[int, str], float] = {}
    for who, (what, name, seconds) in script:
        match what:
            case "lease":
                ends[who, name] = peers[who].ask({"lease": seconds, "id": name})["until"]
            case "end":
                peers[who].ask({"end": name})
                ends = {key: until for key, until in ends.items() if key[1] != name}
            case "sleep":
                time.sleep(seconds)
            case "hang up":
                peers[who].close()
                peers[who] = rig.peer()
                ends = {key: until for key, until in ends.items() if key[0] != who}
        asked = time.monotonic()
        locked = peers[who].ask({"state": True})["locked"]
        if not locked:
            assert any(until > asked for until in ends.values())
        elif any(until > time.monotonic() for until in ends.values()):
            raise AssertionError("locked although a lease lives")
    for peer in peers:
        peer.close()


def test_the_strike_is_released_exactly_while_a_lease_lives(rig: Rig) -> None:
    rig.lockd()

    _released_exactly_while_a_lease_lives(rig)
