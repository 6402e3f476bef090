"""What the branch page shows at a moment: marks, texts and small pieces of HTML, from the real state of things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from demo.house import House
from demo.journals import JournalRow
from demo.web.hands import CONTACTS
from hardware.virtual.world import BoardState
from meroppet.pages import Pages
from meroppet.pages.dates import clock_time, short_date
from meroppet.texts import kind_text, reason_text

LOOKS = {
    "access.granted": "good",
    "access.refused": "bad",
    "door.forced": "bad",
    "door.held": "bad",
    "door.tampered": "bad",
    "fire.began": "bad",
    "alarm.intrusion": "bad",
    "alarm.raised": "bad",
    "door.release_failed": "bad",
    "link.lost": "bad",
}


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the page. `marks` become data attributes, `texts` plain text, `html` inner parts."""

    marks: Mapping[str, str]
    texts: Mapping[str, str]
    html: Mapping[str, str]
    pad: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """As the stream sends it."""
        return {"marks": self.marks, "texts": self.texts, "html": self.html, "pad": self.pad}


def view(house: House, pages: Pages, lang: str) -> View:
    """The page's moment in a language."""
    now = house.clock.now()
    rows = house.recent_rows()
    return View(
        marks=_marks(house, now),
        texts={"clock": clock_time(now, lang), "day": short_date(now.date(), lang)},
        html={
            "display": Markup(pages.html("display.html", lang, lines=house.board.state().display)),  # noqa: S704
            "said": Markup(pages.html("said.html", lang, **_said(house.board.state()))),  # noqa: S704
            "journal": Markup(pages.html("journal_rows.html", lang, rows=[_line(row, now, lang) for row in rows])),  # noqa: S704
        },
        pad=house.desk.state().items,
    )


def _marks(house: House, now: datetime) -> dict[str, str]:
    board = house.board.state()
    lock = "locked" if board.locked else "released"
    return {
        "lock": lock if board.mains else "dead",
        "leaf": "open" if board.leaf_open else "shut",
        "lamp": board.colour.value,
        "blinking": "yes" if board.blinking else "no",
        "hours": house.branch_state().value,
        "sky": sky(now),
        **{part: "on" if part in board.active else "off" for part in sorted(CONTACTS)},
        "lights": "on" if "lights" in board.relays else "off",
        "network": "whole" if house.cable.is_whole else "cut",
        "power": "on" if house.has_power else "off",
        "register": house.register_fault,
        "turned": "yes" if house.clock.is_turned else "no",
    }


def _said(board: BoardState) -> dict[str, str]:
    """What the loudspeaker said last, in which language, and what the public PCs were told."""
    lang, words = board.said
    told = dict(board.told)
    return {
        "lang_said": lang,
        "words": words,
        "told": " ".join(told[key] for key in ("step", "minutes") if key in told),
    }


def sky(now: datetime) -> str:
    """What the sky looks like at an hour, all year round: it is a picture, not an almanac."""
    if 8 <= now.hour < 17:
        return "day"
    return "dusk" if now.hour in {6, 7, 17, 18} else "night"


def _line(row: JournalRow, now: datetime, lang: str) -> dict[str, object]:
    words = kind_text(row.kind, lang)
    if row.kind == "access.refused":
        words = reason_text(row.reason, lang)
    return {
        "at": row.wall.astimezone(now.tzinfo),
        "words": words,
        "code": row.reason or row.kind,
        "look": LOOKS.get(row.kind, "plain"),
    }
