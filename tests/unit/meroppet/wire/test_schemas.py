"""What devices in the field and the server say to each other changes only when somebody means it to."""

import pytest
from pydantic import BaseModel, ValidationError

from meroppet.wire.base import Document, Reply, Request
from tests.unit.meroppet.wire.schemas import GOLDEN, models, schema

MODELS = models()


@pytest.mark.parametrize("name", MODELS)
def test_a_wire_model_is_what_it_was(name: str) -> None:
    kept = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")

    assert schema(MODELS[name]) == kept, (
        "devices of the last two versions must still understand this; if they do, "
        "run `bin/meroppet run python -m tests.unit.meroppet.wire.schemas`"
    )


def test_no_wire_model_is_gone() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(MODELS)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.__name__)
def test_requests_and_documents_are_closed_and_replies_open_and_all_are_frozen(model: type[BaseModel]) -> None:
    assert sum(issubclass(model, manner) for manner in (Request, Reply, Document)) == 1
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == ("ignore" if issubclass(model, Reply) else "forbid")


@pytest.mark.parametrize("model", [model for model in MODELS.values() if not issubclass(model, Reply)])
def test_a_field_nobody_knows_is_a_mistake_in_a_request_or_document(model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({"nobody_knows": 1})
