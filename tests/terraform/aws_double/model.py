"""What AWS's published service models (shipped with botocore) say is wrong with a request."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["violations"]


def violations(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """Each way in which `value` is not of `shape`: required, unknown, enum, length, range, pattern, type."""
    if value is None or shape is None:
        return
    check = _CHECKS.get(shape.type_name)
    if check is not None:
        yield from check(value, shape, path)


def _structure(value: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is no structure"
        return
    for member in shape.required_members:
        if value.get(member) is None:
            yield f"{path}.{member} is required"
    for name, one in value.items():
        if name not in shape.members:
            yield f"{path}.{name} is not a member of {shape.name}"
        else:
            yield from violations(one, shape.members[name], f"{path}.{name}")


def _list(value: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is no list"
        return
    yield from _bounds(len(value), shape, f"{path} has {len(value)} items")
    for at, one in enumerate(value):
        yield from violations(one, shape.member, f"{path}[{at}]")


def _map(value: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is no map"
        return
    for key, one in value.items():
        yield from violations(key, shape.key, f"{path}<{key}>")
        yield from violations(one, shape.value, f"{path}.{key}")


def _string(value: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path} is no string"
        return
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"{path}={value!r} is not one of {allowed}"
    yield from _bounds(len(value), shape, f"{path} has {len(value)} characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield f"{path}={value!r} does not match {pattern}"


def _number(value: Any, shape: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{path}={value!r} is no number"
        return
    yield from _bounds(value, shape, f"{path}={value}")


def _boolean(value: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{path}={value!r} is no boolean"


def _bounds(value: float, shape: Any, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and value < least) or (most is not None and value > most):
        yield f"{what}, allowed are {least} to {most}"


def _matches(pattern: str, value: str) -> bool:
    """Patterns are Java's; the few that Python cannot read decide nothing."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


_CHECKS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number,
    "long": _number,
    "double": _number,
    "float": _number,
    "boolean": _boolean,
}
