"""The whole schema: every feature's tables, gathered for migrations, for a fresh database and for the tests."""

import importlib
import pkgutil
from importlib.util import find_spec

from sqlalchemy import MetaData

import server
from server.db.tables import Table


def metadata() -> MetaData:
    """All tables of the server: the `models` of every feature folder."""
    for feature in pkgutil.iter_modules(server.__path__):
        if feature.ispkg and find_spec(f"server.{feature.name}.models"):
            importlib.import_module(f"server.{feature.name}.models")
    return Table.metadata


def entities() -> list[type[Table]]:
    """Every mapped table class, by name."""
    metadata()
    return sorted(_mapped(Table), key=lambda entity: str(entity.__tablename__))


def _mapped(base: type[Table]) -> list[type[Table]]:
    found = [base] if "__table__" in vars(base) else []
    return found + [entity for below in base.__subclasses__() for entity in _mapped(below)]
