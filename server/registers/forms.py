"""What staff type for an examination; nothing of it is an address, and nothing of it is stored."""

from datetime import date

from pydantic import BaseModel, Field

from meroppet.ils.doctor.subject import Subject, Tries
from meroppet.rules.credentials import card_from_text

LONGEST_TEXT = 80


class Typed(BaseModel):
    """The form's fields as they came."""

    branch: str = ""
    card: str = Field(default="", repr=False)
    pin: str = Field(default="", repr=False)
    item: str = ""
    blocked_card: str = Field(default="", repr=False)
    name: str = Field(default="", repr=False)
    born: str = Field(default="", repr=False)
    expires: str = Field(default="", repr=False)
    category: str = ""
    tries: list[str] = []

    def subject(self) -> Subject:
        """The test patron and item; ValueError names the field that cannot be meant."""
        texts = {"pin": self.pin, "item": self.item, "name": self.name, "category": self.category}
        wrong = next((key for key, text in texts.items() if len(text) > LONGEST_TEXT or not text.isprintable()), None)
        if wrong is not None:
            raise ValueError(wrong)
        return Subject(
            card=_card(self.card, "card"),
            pin=self.pin,
            item=self.item.strip(),
            name=self.name.strip() or None,
            born=_day(self.born, "born"),
            category=self.category.strip() or None,
            expires=_day(self.expires, "expires"),
            blocked_card=_card(self.blocked_card, "blocked_card") if self.blocked_card.strip() else "",
        )

    def chosen(self) -> Tries:
        """What is only done when asked for."""
        wanted = {*self.tries}
        return Tries(empty_pin="empty_pin" in wanted, lock_out="lock_out" in wanted, loan="loan" in wanted)


def _card(text: str, key: str) -> str:
    number = card_from_text(text)
    if number is None:
        raise ValueError(key)
    return number.value


def _day(text: str, key: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(key) from error
