"""A site's own profile: what it may say, what it is refused for, and that it can be written and read back."""

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.ports import LoanReason
from meroppet.ils.profiles import KOHA, PRESETS, ProfileError, changed, profile_from_toml, profile_to_toml
from meroppet.ils.profiles.keys import KEYS, Key

ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=8)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "charset": st.sampled_from(["utf-8", "latin-1", "cp850", "ascii"]),
    "fallback_charset": st.sampled_from(["", "utf-8", "cp865"]),
    "terminator": st.sampled_from(["CR", "LF", "CRLF"]),
    "delimiter": st.sampled_from(["|", "^", "~"]),
    "zone": st.sampled_from(["blank", "0000", "Z"]),
    "pin_message": st.sampled_from(["63", "23"]),
    "card_echo": st.sampled_from(["exact", "casefold"]),
    "escaped_delimiter": ANY_TEXT | st.just(""),
    "currency": st.sampled_from(["SEK", "EUR"]),
    "may_enter_if": st.lists(st.sampled_from(["1", "Y", "JA", "på"]), min_size=1, max_size=3),
    "date_formats": st.lists(st.sampled_from(["%Y%m%d", "%d/%m/%Y", "%y.%m.%d"]), max_size=3),
    "expired_text": st.sampled_from(["", r"utgång(en|et)\.?", 'a"b\\d', "it's \\w", "gått ut"]),
    "harmless_text": st.sampled_from(["", r"Hej\s+då", "x"]),
    "resends": st.integers(0, 3),
    "wrong_pins_until_locked": st.integers(1, 20),
    "pool_size": st.integers(1, 8),
    "idle_seconds": st.floats(1, 3600) | st.integers(1, 3600),
    **dict.fromkeys(["birth_date", "category", "expires", "home", "may_enter"], st.sampled_from(["", "PB", "Q1"])),
    **dict.fromkeys(
        ["lost", "may_not_enter", "may_not_borrow", "explained_by"], st.lists(st.integers(0, 13), max_size=5)
    ),
}
LINES = st.dictionaries(st.sampled_from(KEYS), st.none(), max_size=8).flatmap(
    lambda keys: st.fixed_dictionaries({key: VALUES.get(key.name, st.booleans()) for key in keys})
)
REFUSALS = st.lists(st.tuples(st.sampled_from(["a", r"\d+ lån"]), st.sampled_from(LoanReason)), max_size=3)


def tables(lines: dict[Key, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, value in lines.items():
        found.setdefault(key.table, {})[key.name] = value
    return found


@given(LINES, REFUSALS, st.sampled_from(list(PRESETS)), st.sampled_from(list(PRESETS)))
def test_what_is_written_reads_back_as_the_same_profile(
    lines: dict[Key, Any], refusals: list[tuple[str, LoanReason]], origin: str, based_on: str
) -> None:
    said = [{"text": text, "means": reason.value} for text, reason in refusals]
    profile = changed(PRESETS[origin], {**tables(lines), "refusals": said})

    text = profile_to_toml(profile, based_on=based_on, notes={"wire.charset": "seen: åäö\nin two lines"})

    assert profile_from_toml(text) == profile


@given(LINES, st.sampled_from(list(PRESETS)), st.sampled_from(list(PRESETS)))
def test_the_lines_for_a_configuration_file_make_the_same_profile(
    lines: dict[Key, Any], origin: str, based_on: str
) -> None:
    wanted = changed(PRESETS[origin], tables(lines))

    text = profile_to_toml(wanted, based_on=based_on, inside="site")
    own = tomllib.loads(text).get("site", {})

    assert replace(changed(PRESETS[based_on], own), name=origin) == wanted


def test_only_what_differs_is_written() -> None:
    own = changed(KOHA, {"fields": {"may_enter": "XM"}})

    assert profile_to_toml(own, based_on="koha") == 'name = "koha"\nbased_on = "koha"\n\n[fields]\nmay_enter = "XM"\n'
    assert profile_to_toml(own, based_on="koha", inside="registers.profile_changes") == (
        '[registers.profile_changes.fields]\nmay_enter = "XM"\n'
    )
    assert profile_to_toml(KOHA, based_on="koha", inside="registers.profile_changes") == ""


def test_any_line_of_a_preset_can_be_a_site_s_own() -> None:
    own = profile_from_toml(
        """
        name = "vastmanland"
        based_on = "koha"
        [fields]
        may_enter = "XM"
        may_enter_if = ["JA"]
        [limits]
        wrong_pins_until_locked = 5
        """
    )

    assert (own.name, own.fields.may_enter, own.fields.may_enter_if) == ("vastmanland", "XM", ("JA",))
    assert own.wrong_pins_until_locked == 5
    assert (own.wire, own.blocks, own.loan_refusals) == (KOHA.wire, KOHA.blocks, KOHA.loan_refusals)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[wire]\ncharsett = 'utf-8'", "site, line 2: a profile has no 'wire.charsett'; did you mean"),
        ("[wirre]\ncharset = 'utf-8'", "site, line 1: a profile has no 'wirre'; did you mean 'wire'?"),
        ("absent_cq = 'right'", "site, line 1: a profile has no 'absent_cq'; there are: name, based_on, wire"),
        ("[answers]\nabsent_cq = true", "site, line 2: a profile has no 'answers.absent_cq'; "),
        ("based_on = 'koha-99'", "site, line 1: there is no profile 'koha-99'; there are: evergreen"),
        ("name = 'x'\n[wire]\n\nterminator = 'CTRL'", "site, line 4: wire.terminator is 'CTRL'; it must be one of"),
        ("wire.charset = 'klingon'", "wire.charset is 'klingon'; it must be the name of a character encoding"),
        ("[wire]\ncharset = 'utf-16'", "site, line 2: wire.charset is 'utf-16'; "),
        ("[wire]\ncharset = 'hex'", "site, line 2: wire.charset is 'hex'; "),
        ("[wire]\ncharset = 'utf-7'", "site, line 2: wire.charset is 'utf-7'; "),
        ("[wire]\ndelimiter = 'A'", "site, line 2: wire.delimiter is 'A'; it must be one character"),
        ("[fields]\nbirth_date = 'PBX'", "site, line 2: fields.birth_date is 'PBX'; it must be a field identifier"),
        ("[fields]\nmay_enter_if = ['']", "site, line 2: fields.may_enter_if is ['']; it must be a list of values"),
        ("[fields]\ndate_formats = ['YYYY']", "site, line 2: fields.date_formats is ['YYYY']; "),
        ("[blocks]\nlost = [14]", "site, line 2: blocks.lost is [14]; it must be a list of positions 0–13"),
        ("[blocks]\nlost = [true]", "site, line 2: blocks.lost is [True]; "),
        ("[blocks]\nexpired_text = '('", "site, line 2: blocks.expired_text is '('; it must be a regular expression"),
        ("[blocks]\nexpired_text = '.*'", "site, line 2: blocks.expired_text is '.*'; "),
        ("[limits]\npool_size = 0", "site, line 2: limits.pool_size is 0; it must be a whole number 1–8"),
        ("[limits]\nidle_seconds = true", "site, line 2: limits.idle_seconds is True; it must be seconds, 1–3600"),
        ("[requests]\npin_message = 63", "site, line 2: requests.pin_message is 63; it must be one of \"63\", \"23\""),
        ("[requests]\nblank_nb_due = 'no'", "site, line 2: requests.blank_nb_due is 'no'; it must be true or false"),
        ("wire = 3", "site, line 1: wire is 3; it must be a table, [wire]"),
        ("refusals = 3", "site, line 1: refusals must be a list of tables, [[refusals]]"),
        ("[[refusals]]\ntext = '('\nmeans = 'limit'", "site, line 2: text is '('; it must be a regular expression"),
        ("[[refusals]]\ntext = 'x'\nmeans = 'gone'", "site, line 3: means is 'gone'; it must be one of loaned"),
        ("[[refusals]]\ntext = 'x'", "each of refusals has exactly 'text' and 'means'"),
        ("name = 'My Koha'", "site, line 1: name is 'My Koha'; it must be small letters, digits and hyphens"),
        ("[limits]\npool_size = 1", "site: name is missing; write name = "),
        ("[wire", "site: is not TOML: "),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_meant_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ProfileError) as refused:
        profile_from_toml(text, where="site")

    assert sentence in str(refused.value)


def test_a_wrong_line_in_a_configuration_file_is_refused_by_its_key() -> None:
    with pytest.raises(
        ProfileError, match=r"^registers: a profile has no 'fields.birthdate'; did you mean 'fields.bir"
    ):
        changed(KOHA, {"fields": {"birthdate": "PB"}}, where="registers")
