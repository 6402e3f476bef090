"""Every wire model's JSON schema as a text; run as a module, this writes the golden files anew."""

import importlib
import inspect
import json
import pkgutil
from pathlib import Path

from pydantic import BaseModel

import meroppet.wire
from meroppet.wire.base import Document, Reply, Request
from meroppet.wire.written import Written

GOLDEN = Path(__file__).parents[3] / "golden" / "wire"


def models() -> dict[str, type[BaseModel]]:
    """The wire models by name."""
    modules = [
        importlib.import_module(f"meroppet.wire.{found.name}") for found in pkgutil.iter_modules(meroppet.wire.__path__)
    ]
    classes = {member for module in modules for _, member in inspect.getmembers(module, inspect.isclass)}
    return {
        model.__name__: model
        for model in sorted(classes, key=lambda model: model.__name__)
        if issubclass(model, BaseModel) and model not in {BaseModel, Request, Reply, Document, Written}
    }


def schema(model: type[BaseModel]) -> str:
    """The schema as it is kept."""
    return json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write() -> None:
    """Make the golden files say what the code says now."""
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.json"):
        old.unlink()
    for name, model in models().items():
        (GOLDEN / f"{name}.json").write_text(schema(model), encoding="utf-8")


if __name__ == "__main__":
    write()
