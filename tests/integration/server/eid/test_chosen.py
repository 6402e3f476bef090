"""An e-ID as an installer chooses it: in server.toml, with the driver's own options beside its name."""

from pathlib import Path

import pytest

from meroppet.runtime.settings import SettingsError, load
from server.app import build
from server.eid.registry import EidError
from server.eid.standin.serving import Running
from server.settings import PREFIX, ServerSettings
from tests.fakes.clocks import ManualClock


def written(folder: Path, options: dict[str, object]) -> Path:
    """A settings file with one e-ID."""
    lines = "\n".join(f'{key} = "{value}"' for key, value in options.items())
    file = folder / "server.toml"
    file.write_text(f'state_dir = "{folder / "state"}"\n[[eid]]\ndriver = "bankid"\n{lines}\n', encoding="utf-8")
    return file


def read(file: Path) -> ServerSettings:
    """What the server reads of it."""
    return load(ServerSettings, prefix=PREFIX, default_file=file, argv_config=file, environ={})


async def test_the_server_opens_what_the_file_names(tmp_path: Path, standin: Running, clock: ManualClock) -> None:
    server = build(read(written(tmp_path, dict(standin.options))), clock)

    assert server.eids.offered == (("bankid", "BankID"),)

    await server.close()


async def test_a_misspelt_option_is_refused_by_the_driver(tmp_path: Path, standin: Running, clock: ManualClock) -> None:
    options = {**standin.options, "certifcate": "x"}

    with pytest.raises(EidError, match="option certifcate"):
        build(read(written(tmp_path, options)), clock)


def test_an_eid_needs_a_driver(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('[[eid]]\ncertificate = "x"\n', encoding="utf-8")

    with pytest.raises(SettingsError, match="driver"):
        read(file)
