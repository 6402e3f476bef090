"""Tables of organisations, their dated memberships, and branches."""

from datetime import date
from typing import ClassVar

from sqlmodel import Field

from server.db.tables import ControllerOwned, Retention, Shared


class Organisation(Shared, table=True):
    """A consortium, group, municipality, region or state body."""

    shared: ClassVar[str] = "names of public bodies; consortia overlap in them"
    retention: ClassVar[Retention] = Retention.none("a public body is no person")

    id: str = Field(primary_key=True)
    kind: str
    name: str
    code: str = ""


class Membership(Shared, table=True):
    """One organisation in another, from a day to a day: municipalities join and leave, and may have several parents."""

    shared: ClassVar[str] = "which public body belongs to which; consortia overlap in them"
    retention: ClassVar[Retention] = Retention.none("a public body is no person")

    member_id: str = Field(primary_key=True, foreign_key="organisation.id")
    parent_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    since: date = Field(primary_key=True)
    until: date | None = None


class Branch(ControllerOwned, table=True):
    """A library with a door. Its one controller is who answers for the personal data of its visitors."""

    retention: ClassVar[Retention] = Retention.none("a place is no person")

    id: str = Field(primary_key=True)
    name: str
    zone: str
    help_number: str
    live_from: date
    accent: str = ""
