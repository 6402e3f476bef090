"""The run folder: kept, forgotten, held by one."""

from pathlib import Path

import pytest

from demo import folder
from demo.errors import CannotStart


def test_what_was_seeded_is_kept_and_a_broken_off_seeding_is_not(tmp_path: Path) -> None:
    with folder.opened(tmp_path, fresh=False) as first:
        (first.root / "server").mkdir()
    with folder.opened(tmp_path, fresh=False) as second:
        assert not (second.root / "server").exists()
        (second.root / "server").mkdir()
        second.seeded.touch()
    with folder.opened(tmp_path, fresh=False) as third:
        assert (third.root / "server").exists()
    with folder.opened(tmp_path, fresh=True) as fourth:
        assert not (fourth.root / "server").exists()


def test_one_demo_holds_the_folder(tmp_path: Path) -> None:
    with (
        folder.opened(tmp_path, fresh=False),
        pytest.raises(CannotStart, match="already runs"),
        folder.opened(tmp_path, fresh=False),
    ):
        pass


def test_socket_addresses_are_short_however_deep_the_folder(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-long-folder-name"] * 8)
    with folder.opened(deep, fresh=False) as opened:
        # sun_path holds 108 bytes with the closing zero (unix(7)).
        assert len(str(opened.socket("notify.register"))) < 108
        sockets = opened.sockets
    assert not sockets.exists()


def test_a_device_that_calls_elsewhere_is_not_enrolled(tmp_path: Path) -> None:
    with folder.opened(tmp_path, fresh=False) as opened:
        opened.mark_enrolled("door", "https://127.0.0.1:8444")

        assert opened.is_enrolled("door", "https://127.0.0.1:8444")
        assert not opened.is_enrolled("door", "https://127.0.0.1:9444")
        assert not opened.is_enrolled("kiosk", "https://127.0.0.1:8444")


@pytest.mark.parametrize(
    ("environ", "begins"),
    [({"XDG_STATE_HOME": "/var/x"}, Path("/var/x")), ({"XDG_STATE_HOME": "relative"}, Path.home())],
)
def test_the_default_place_is_the_one_for_state(environ: dict[str, str], begins: Path) -> None:
    root = folder.default_root(environ)

    assert root.is_relative_to(begins)
    assert root.name == "demo"
