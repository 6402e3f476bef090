"""What a level says, as it is stored: the fields it names, as the wire's policy document writes them."""

from typing import Any

from pydantic import ValidationError

from meroppet.rules.policy import Policy
from meroppet.wire.changes import PolicyDocument
from meroppet.wire.convert import policy_from_wire, policy_to_wire
from server.policies.layers import FIELDS, Stated


def to_stored(stated: Stated) -> dict[str, Any]:
    """The document. Raises ValueError where a value is none a policy may have."""
    written = policy_to_wire(Policy(**{"minimum_age": 0, **stated})).model_dump(mode="json")
    return {name: written[name] for name in FIELDS if name in stated}


def from_stored(document: dict[str, Any]) -> Stated:
    """What it says. Fields that this version does not know are not said; ValueError for a value it does not know."""
    known = {name: value for name, value in document.items() if name in FIELDS}
    silent = policy_to_wire(Policy(minimum_age=0)).model_dump(mode="json")
    try:
        policy = policy_from_wire(PolicyDocument.model_validate({**silent, **known}))
    except ValidationError as error:
        raise ValueError(f"a stored policy cannot be read: {error.error_count()} errors") from None
    return {name: getattr(policy, name) for name in known}
