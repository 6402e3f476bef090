"""In which encoding å, ä and ö came is judged from their bytes."""

import unicodedata

import pytest

from meroppet.ils.doctor.lettering import CANDIDATES, Lettering, Letters, lettering

TEXTS = ("Åsa Öberg", "Räven & åsnan", "Björn Grähs", "Café Él Ñandú åäö")


@pytest.mark.parametrize("charset", CANDIDATES)
@pytest.mark.parametrize("text", TEXTS)
def test_each_encoding_is_known_by_one_swedish_text(charset: str, text: str) -> None:
    assert lettering([text.encode(charset, "ignore")]) == Lettering(charset, Letters.WHOLE)


@pytest.mark.parametrize("text", TEXTS[:3])
def test_letters_apart_from_their_marks_are_utf_8_decomposed(text: str) -> None:
    apart = unicodedata.normalize("NFD", text).encode()

    assert lettering([apart]) == Lettering("utf-8", Letters.DECOMPOSED)


@pytest.mark.parametrize(
    ("came", "letters"),
    [
        (b"Asa Oberg", Letters.STRIPPED),
        (b"?sa ?berg", Letters.QUESTIONED),
        (b"A?sa O?berg", Letters.QUESTIONED),
        (b"ASA OBERG", Letters.STRIPPED),
    ],
)
def test_what_became_of_a_known_name_tells_how_letters_are_lost(came: bytes, letters: Letters) -> None:
    assert lettering([b"Doktor Glas", came], "Åsa Öberg") == Lettering("ascii", letters)


@pytest.mark.parametrize("known", [None, "Bo Ek", "Åke Ek"])
def test_ascii_alone_tells_nothing(known: str | None) -> None:
    assert lettering([b"Bo Ek", b""], known) == Lettering(None, Letters.UNSEEN)


def test_one_text_in_utf_8_does_not_hide_another_that_is_not() -> None:
    assert lettering(["Åsa".encode(), "Öberg".encode("cp850")]).charset != "utf-8"
