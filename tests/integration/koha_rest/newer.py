"""What a Koha of 24.05 or later would answer, COMPOSED from its sources and interface description; nobody recorded it.

Whatever is proved against this is proved against what we believe, and docs/koha.md says so.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.integration.koha_rest.replay import PATRONS, Asked, RecordedKoha, Said, said

ITEMS = [
    {"item_id": 3, "biblio_id": 3, "external_id": "3000000000003", "checked_out_date": "2026-11-13", "lost_status": 0},
    {"item_id": 1, "biblio_id": 1, "external_id": "3000000000001", "checked_out_date": None, "lost_status": 0},
    {"item_id": 8, "biblio_id": 8, "external_id": "3000000000008", "not_for_loan_status": 1, "lost_status": 0},
    {"item_id": 10, "biblio_id": 10, "external_id": "3000000000010", "lost_status": 2},
    {"item_id": 6, "biblio_id": 6, "external_id": "3000000000006", "lost_status": 0},
]
TITLE = "Doktor Glas"


@dataclass(slots=True)
class NewerKoha(RecordedKoha):
    """24.05 and later."""

    pins: dict[str, str] = field(default_factory=lambda: {row["userid"]: "1234" for row in PATRONS})
    first_form: bool = False
    """22.11's answer to a right PIN: 204, saying nothing of whose it was."""
    answers_about: int | None = None
    """A patron whose PIN is said to have been checked, whoever was asked about."""
    attributes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    blanked: set[int] = field(default_factory=set)
    """Patrons whom the API user's library may not see."""
    loan_status: int = 201
    loan_error: str = ""
    confirms: dict[str, Any] = field(default_factory=dict)
    changed: list[tuple[str, int]] = field(default_factory=list)
    hold_rows: list[dict[str, Any]] = field(default_factory=list)

    def by_rule(self, request: Asked) -> Said:
        name = request.path.removeprefix("/api/v1").split("/")[1:]
        match request.method, name:
            case "POST", ["auth", "password", "validation"]:
                return self._validation(json.loads(request.body))
            case "GET", ["items"]:
                return self._items(request)
            case "POST", ["checkouts"]:
                return self._checkout(json.loads(request.body))
            case "GET", ["checkouts", "availability"]:
                return said(200, {"blockers": {}, "confirms": self.confirms, "warnings": {}, "confirmation_token": "t"})
            case "POST", ["holds"]:
                self.changed.append(("hold", json.loads(request.body)["biblio_id"]))
                return said(201, {})
            case "DELETE", ["holds", number]:
                self.changed.append(("cancel", int(number)))
                return Said(204, b"")
            case "GET", ["holds"] if self.hold_rows:
                return said(200, self.hold_rows)
        return RecordedKoha.by_rule(self, request)

    def exactly(self, request: Asked) -> Said | None:
        # 19.05's recorded no to what 24.05 offers must not shadow it.
        path = request.path.removeprefix("/api/v1")
        newer = path in ("/auth/password/validation", "/items", "/patrons", "/checkouts/availability")
        changes = path in ("/checkouts", "/holds") and (request.method == "POST" or bool(self.hold_rows))
        return None if newer or changes else RecordedKoha.exactly(self, request)

    def _validation(self, body: dict[str, str]) -> Said:
        who = body.get("userid") or body.get("identifier")
        rows = [row for row in PATRONS if who in (row["userid"], row["cardnumber"])]
        if not rows or body.get("password") != self.pins.get(rows[0]["userid"]):
            return said(400, {"error": "Validation failed"})
        if self.first_form:
            return Said(204, b"")
        number = self.answers_about if self.answers_about is not None else rows[0]["patron_id"]
        row = next(row for row in PATRONS if row["patron_id"] == number)
        return said(201, {key: row[key] for key in ("cardnumber", "patron_id", "userid")})

    def patrons(self, request: Asked) -> Said:
        query = dict(request.query)
        condition = json.loads(query.pop("q", "{}"))
        rows = [row for row in PATRONS if _fits(row, condition)]
        wanted = {key: value for key, value in query.items() if not key.startswith("_")}
        rows = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
        return self.page([self._shown(row, request) for row in rows], query)

    def _shown(self, row: dict[str, Any], request: Asked) -> dict[str, Any]:
        if row["patron_id"] in self.blanked:
            return {key: value if key == "library_id" else None for key, value in row.items()}
        if "extended_attributes" in request.headers.get("x-koha-embed", ""):
            return row | {"extended_attributes": self.attributes.get(row["patron_id"], [])}
        return row

    def _items(self, request: Asked) -> Said:
        query = dict(request.query)
        condition = json.loads(query.get("q", "{}"))
        rows = [row for row in ITEMS if _fits(row, condition)]
        if "external_id" in query:
            rows = [row for row in rows if row["external_id"] == query["external_id"]]
        return said(200, [row | {"biblio": {"title": TITLE}} for row in rows])

    def _checkout(self, body: dict[str, int]) -> Said:
        if "item_id" not in body:
            return said(400, {"errors": [{"message": "Missing property.", "path": "/body/item_id"}], "status": 400})
        self.changed.append(("loan", body["item_id"]))
        if self.loan_status != 201:
            return said(self.loan_status, {"error": self.loan_error})
        return said(201, {**body, "checkout_id": 99, "due_date": "2026-12-20T23:59:00+01:00"})


def _fits(row: dict[str, Any], condition: dict[str, Any]) -> bool:
    for key, wanted in condition.items():
        if isinstance(wanted, dict):
            if "-in" in wanted and row[key] not in wanted["-in"]:
                return False
            if ">=" in wanted and not row[key] >= wanted[">="]:
                return False
        elif row[key] != wanted:
            return False
    return True
