"""Tables of cards: how a consortium's look, and of which shapes those were that opened a door. Never a number."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field

from server.db import ConsortiumOwned, Retention, UTCDateTime


class CardSetting(ConsortiumOwned, table=True):
    """What a consortium says of its cards, as the wire document in JSON; without a row every card is read as it is."""

    retention: ClassVar[Retention] = Retention.none("how cards look is no person; `by` names a member of staff at work")

    __tablename__ = "card_setting"

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    document: str
    by: str
    at: datetime = Field(sa_type=UTCDateTime)


class CardShape(ConsortiumOwned, table=True):
    """How many cards of one shape were right with their PIN: length, first characters, letters and sums that fit."""

    retention: ClassVar[Retention] = Retention.days(
        400, "last_seen", "no number can be told from a shape; cards nobody has used for a year need not be accepted"
    )

    __tablename__ = "card_shape"

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    shape: str = Field(primary_key=True)
    seen: int = Field(sa_type=BigInteger)
    last_seen: date
