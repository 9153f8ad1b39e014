"""What the archived data is expected to be: a TOML file a table, `*.toml` beside this one."""

from importlib.resources import files
from typing import Any, Literal

import msgspec

from schemas.errors import ConfigError

TABLES = ("ticks", "features", "decisions", "orders", "executions", "quarantine")


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation of Great Expectations about one column, or the same about each of several."""

    of: Literal["rows", "totals"]
    type: str
    column: str
    known: bool = False  # known dirt: reported as failed, but no reason for concern
    notes: str = ""
    options: dict[str, Any] = {}


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at of a table, and what is expected of it."""

    table: str
    columns: tuple[str, ...]  # of the sample
    totals: str  # SQL of one row over all rows
    expectations: tuple[Expectation, ...]


def expected(table: str) -> Expected:
    """The expectations of a table; raises ConfigError when its file cannot be understood.

    >>> [one.column for one in expected("orders").expectations if one.of == "rows"]
    ['id', 'symbol', 'strategy']
    """
    try:
        document = msgspec.toml.decode((files(__package__) / f"{table}.toml").read_bytes())
        found = [one for given in document["expect"] for one in _expectations(given)]
        return Expected(
            table=table, columns=tuple(document["columns"]), totals=document["totals"], expectations=tuple(found)
        )
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError) as error:
        raise ConfigError(f"expectations of {table}: {error}") from error


def _expectations(given: dict[str, Any]) -> list[Expectation]:
    own: dict[str, Any] = {name: given[name] for name in ("of", "type", "known", "notes") if name in given}
    options = {name: value for name, value in given.items() if name not in {*own, "column", "each"}}
    columns = given["each"] if "each" in given else [given["column"]]
    return [msgspec.convert(own | {"column": column, "options": options}, Expectation) for column in columns]
