"""Which keys a settings model has: for refusing misspelt ones by name and for the reference page."""

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A key no model has, and the keys that stand in its place."""

    key: Key
    siblings: tuple[str, ...]


def misspelt(model: type[BaseModel], values: Mapping[str, Any], at: Key = ()) -> Iterator[Finding]:
    """Keys of `values` that the model does not have, depth first. Free tables (a driver's options) are left alone."""
    fields = model.model_fields
    for name, value in values.items():
        if name not in fields:
            if model.model_config.get("extra") != "allow":
                yield Finding((*at, name), tuple(fields))
            continue
        inner = _inner_model(fields[name].annotation)
        if inner is None:
            continue
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, dict):
                yield from misspelt(inner, element, (*at, name))


def keys_of(model: type[BaseModel], at: Key = ()) -> Iterator[tuple[Key, FieldInfo, str]]:
    """Every leaf of a model: its key, its field and its type as a reader would write it.

    The keys of a list's elements follow the list, under its name with `[]`.
    """
    for name, field in model.model_fields.items():
        inner = _inner_model(field.annotation)
        if inner is None:
            yield (*at, name), field, _spelt(field.annotation)
        elif _is_list(field.annotation):
            yield (*at, name), field, _spelt(field.annotation)
            yield from keys_of(inner, (*at, f"{name}[]"))
        else:
            yield from keys_of(inner, (*at, name))


def secret_keys(model: type[BaseModel]) -> Iterator[Key]:
    """The keys whose values are secrets: fields of type `SecretStr`, optional or not."""
    for key, field, _ in keys_of(model):
        if SecretStr in (field.annotation, *get_args(field.annotation)):
            yield key


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) in (Union, types.UnionType, list, tuple, Annotated):
        found = (_inner_model(argument) for argument in get_args(annotation))
        return next((model for model in found if model is not None), None)
    return None


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in (list, tuple)


def _spelt(annotation: Any) -> str:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__name__
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(annotation))
