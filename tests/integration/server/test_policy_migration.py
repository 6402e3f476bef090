"""What branches demanded before there were levels is what they say themselves afterwards."""

import json
from functools import partial

import pytest
from sqlalchemy import Connection, text

from meroppet.rules.policy import Policy, StaffedDoor
from server.db import Database, unscoped
from server.db.migrate import migrate, upgrade_to
from server.organisations.service import branch
from server.policies.places import of_branch
from server.policies.service import compiled_at, layer_of, policy_of
from tests.fakes.clocks import ManualClock

BEFORE = """
INSERT INTO organisation (id, kind, name, code) VALUES ('west', 'consortium', 'West', '');
INSERT INTO organisation (id, kind, name, code) VALUES ('town', 'municipality', 'Town', '');
INSERT INTO branch (id, consortium_id, controller_id, name, zone, help_number, live_from, accent)
VALUES ('nora', 'west', 'town', 'Nora', 'Europe/Stockholm', '0', '2026-01-01', '');
"""
OLD = {"minimum_age": 16, "permission": "required", "blocks": ["debarred", "expired", "lost"], "staffed_door": "free"}


def _insert(connection: Connection) -> None:
    for statement in BEFORE.strip().split(";\n"):
        connection.execute(text(statement.rstrip(";")))
    for version, age in ((1, 18), (2, 16)):
        row = {"version": version, "document": json.dumps({**OLD, "minimum_age": age})}
        connection.execute(
            text(
                "INSERT INTO policy_version (consortium_id, controller_id, branch_id, version, document, by, at)"
                " VALUES ('west', 'town', 'nora', :version, :document, 'Maj', '2026-02-03 04:05:06')"
            ),
            row,
        )


@pytest.mark.parametrize("empty_url", ["sqlite", "postgresql"], indirect=True)
async def test_what_a_branch_demanded_is_what_it_says_itself(empty_url: str, clock: ManualClock) -> None:
    database = Database(empty_url, clock)
    await database.administer(partial(upgrade_to, revision="0004"))
    await database.administer(_insert)

    await migrate(database)

    async with database.reading(unscoped("the test looks")) as session:
        nora = await branch(session, "nora")
        assert nora is not None
        layer, made, sent = (
            await layer_of(session, of_branch(nora)), await compiled_at(session, nora), await policy_of(session, "nora")
        )  # fmt: skip
    assert layer.stated == {"minimum_age": 16, "staffed_door": StaffedDoor.FREE}
    assert (layer.version, layer.by) == (1, "Maj")
    assert made is not None
    assert sent is not None
    assert made.policy == sent.policy == Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)
    await database.close()
