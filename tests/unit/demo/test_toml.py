"""What is written as TOML is read back as it was meant."""

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from demo import toml

NAMES = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True)
# A lone surrogate is no text, and TOML is text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = TEXTS | st.integers(-(2**53), 2**53) | st.booleans()
TABLES = st.dictionaries(NAMES, PLAIN | st.dictionaries(NAMES, PLAIN) | st.lists(st.dictionaries(NAMES, PLAIN)))


@given(TABLES)
def test_tables_are_read_back_as_they_were(table: toml.Table) -> None:
    assert tomllib.loads(toml.text(table)) == table


def test_a_path_is_written_as_its_text() -> None:
    assert tomllib.loads(toml.text({"folder": Path("/srv/a b")})) == {"folder": "/srv/a b"}
