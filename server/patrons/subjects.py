"""How persons are named at a branch: digests under the branch's own key, which is made when it is first needed."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.wire.digests import subject_digest
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.models import BranchKey

_KEY_BYTES = 32
_OF_BRANCH = select(BranchKey).where(col(BranchKey.branch_id) == bindparam("branch"))
_DIGEST, _PIN = "digest key", "pin key"


@dataclass(frozen=True, slots=True)
class BranchKeys:
    """A branch's keys: for subject digests, and for what its devices learn of PINs."""

    digest: bytes = field(repr=False)
    pin: bytes = field(repr=False)

    def subject(self, number: CardNumber) -> str:
        """The digest by which the branch's devices and journal name the holder of a number."""
        return subject_digest(self.digest, number.value)


async def branch_keys(session: Session, keys: KeyRing, branch_id: str) -> BranchKeys | None:
    """The branch's keys, or None if it has none yet (or is outside the session's scope)."""
    row = (await session.execute(_OF_BRANCH, {"branch": branch_id})).scalar()
    if row is None:
        return None
    return BranchKeys(
        keys.decrypt(f"{_DIGEST} {branch_id}", row.digest_key), keys.decrypt(f"{_PIN} {branch_id}", row.pin_key)
    )


async def make_branch_keys(session: Session, keys: KeyRing, branch: BranchView) -> bool:
    """Give the branch its keys; False if it has them already."""
    statement = session.insert(BranchKey).values(**_owner(branch), **_fresh(session, keys, branch))
    statement = statement.on_conflict_do_nothing(index_elements=["branch_id"])
    return await session.scalar(statement.returning(col(BranchKey.branch_id))) is not None


async def replace_branch_keys(session: Session, keys: KeyRing, branch: BranchView) -> None:
    """Give the branch other keys; what was named under the old ones cannot be told any more."""
    fresh = _fresh(session, keys, branch)
    await session.execute(update(BranchKey).where(col(BranchKey.branch_id) == branch.id).values(**fresh))


def _owner(branch: BranchView) -> dict[str, str]:
    return {"branch_id": branch.id, "consortium_id": branch.consortium, "controller_id": branch.controller}


def _fresh(session: Session, keys: KeyRing, branch: BranchView) -> dict[str, bytes | datetime]:
    return {
        "digest_key": keys.encrypt(f"{_DIGEST} {branch.id}", secrets.token_bytes(_KEY_BYTES)),
        "pin_key": keys.encrypt(f"{_PIN} {branch.id}", secrets.token_bytes(_KEY_BYTES)),
        "since": session.now,
    }
