"""How every process gets its one frozen settings object: TOML file < environment < systemd credentials.

The processes' models live in their own packages; here is only what they have in common. `load` is called in a
process's `__main__` and its result passed down.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableValue

from meroppet.runtime.setting_keys import Finding, keys_of, misspelt, secret_keys

S = TypeVar("S", bound="Settings")
Values = dict[str, Any]


class SettingsError(ValueError):
    """The installer wrote something that cannot be meant; the message says where, which key and what to write."""


class Settings(BaseSettings):
    """Base of the one settings model of a process: frozen and closed, read only through `load`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_nested_delimiter="__")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (pydantic-settings names the parameters)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: `load` merges the sources itself, so that it can say where a wrong value stands."""
        return (init_settings,)


class Group(BaseModel):
    """Base of a group of settings inside a `Settings` model: a table in TOML, `GROUP__KEY` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class _Layer:
    """One source's values and how to name a key of it to the installer."""

    name: str
    values: Values
    prefix: str = ""

    def spell(self, key: tuple[str, ...]) -> str:
        return f"{self.prefix}{'__'.join(key).upper()}" if self.prefix else ".".join(key)


def load(
    model: type[S],
    *,
    prefix: str,
    default_file: Path,
    argv_config: Path | None,
    environ: Mapping[str, str] | None = None,
) -> S:
    """Read, merge and validate the settings of one process.

    In: the model, the prefix of its environment variables (`MEROPPET_DOOR_`), the file read when it exists,
    and the file named on the command line, which must exist.
    Raises `SettingsError` with one sentence for anything that cannot be meant.
    """
    surroundings = os.environ if environ is None else environ
    layers = [
        _toml_layer(default_file, argv_config),
        _environment_layer(model, prefix, surroundings),
        _credentials_layer(surroundings),
    ]
    for layer in layers:
        _refuse_misspelt(model, layer)
    _refuse_secrets_in_file(model, layers[0])
    merged: Values = {}
    for layer in layers:
        _merge(merged, layer.values)
    try:
        return model(**merged)
    except ValidationError as error:
        raise SettingsError(_sentence(error, layers)) from error


def _toml_layer(default_file: Path, argv_config: Path | None) -> _Layer:
    file = argv_config or default_file
    try:
        return _Layer(str(file), tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        if argv_config is None:
            return _Layer(str(file), {})
        raise SettingsError(f"{file}: no such file") from error
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from error


def _environment_layer(model: type[Settings], prefix: str, environ: Mapping[str, str]) -> _Layer:
    ours = {name: value for name, value in environ.items() if name.upper().startswith(prefix)}
    named: Values = {}
    for name, value in ours.items():
        _put(named, _key(name[len(prefix) :]), value)
    _refuse_misspelt(model, _Layer("environment", named, prefix))
    source = EnvSettingsSource(model, env_prefix=prefix, env_nested_delimiter="__")
    source.env_vars = {name.lower(): value for name, value in ours.items()}
    try:
        return _Layer("environment", source(), prefix)
    except UnreadableValue as error:
        complaint = str(error).splitlines()[0]
        raise SettingsError(f"environment: {complaint}; lists and tables are written as JSON") from error


def _credentials_layer(environ: Mapping[str, str]) -> _Layer:
    """Each file of $CREDENTIALS_DIRECTORY is one setting, `key` or `group__key` (systemd.exec(5), LoadCredential)."""
    values: Values = {}
    folder = environ.get("CREDENTIALS_DIRECTORY")
    for file in sorted(Path(folder).iterdir()) if folder else ():
        _put(values, _key(file.name), file.read_text(encoding="utf-8").rstrip("\r\n"))
    return _Layer(f"credentials in {folder}", values)


def _key(name: str) -> tuple[str, ...]:
    return tuple(name.lower().split("__"))


def _put(values: Values, key: tuple[str, ...], value: str) -> None:
    *groups, last = key
    for group in groups:
        inner = values.setdefault(group, {})
        if not isinstance(inner, dict):
            inner = values[group] = {}
        values = inner
    values.setdefault(last, value)


def _merge(into: Values, values: Values) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, dict) else value


def _refuse_misspelt(model: type[Settings], layer: _Layer) -> None:
    wrong: Finding | None = next(misspelt(model, layer.values), None)
    if wrong is None:
        return
    near = difflib.get_close_matches(wrong.key[-1], wrong.siblings, n=1, cutoff=0.6)
    beside = wrong.key[:-1]
    if near:
        remedy = f"did you mean {layer.spell((*beside, near[0]))}?"
    else:
        remedy = f"there are: {', '.join(layer.spell((*beside, name)) for name in sorted(wrong.siblings))}"
    raise SettingsError(f"{layer.name}: no setting {layer.spell(wrong.key)}; {remedy}")


def _refuse_secrets_in_file(model: type[Settings], layer: _Layer) -> None:
    for key in secret_keys(model):
        if _holds(layer.values, key):
            remedy = f"give it as a systemd credential named {'__'.join(key)}"
            raise SettingsError(f"{layer.name}: {'.'.join(key)} is a secret and does not belong in this file; {remedy}")


def _holds(values: Values, key: tuple[str, ...]) -> bool:
    found: Any = values
    for part in key:
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def _sentence(error: ValidationError, layers: list[_Layer]) -> str:
    """The first complaint, with the place that holds the value; never the value, which may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    key = tuple(str(part) for part in first["loc"])
    toml, environment, _ = layers
    if first["type"] == "missing":
        return f"{toml.name}: {toml.spell(key)} is missing; write it there or as {environment.spell(key)}"
    for layer in reversed(layers):
        for length in range(len(key), 0, -1):
            if _holds(layer.values, key[:length]):
                return f"{layer.name}: {layer.spell(key)}: {first['msg']}"
    return f"{toml.name}: {'.'.join(key) or 'settings'}: {first['msg']}"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as the reference page shows it."""

    key: str
    variable: str
    """Empty for a key inside a list, which the environment gives as a whole."""
    kind: str
    default: str
    secret: bool
    about: str


def reference(model: type[Settings], prefix: str) -> Iterator[SettingLine]:
    """Every setting of a model, in the order of the model, for docs/reference.md."""
    secrets = set(secret_keys(model))
    for key, field, kind in keys_of(model):
        default = None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
        yield SettingLine(
            key=".".join(key),
            variable="" if any(part.endswith("[]") for part in key) else f"{prefix}{'__'.join(key).upper()}",
            kind=kind,
            default="required" if field.is_required() else str(default),
            secret=key in secrets,
            about=field.description or "",
        )
