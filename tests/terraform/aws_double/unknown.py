"""What a request says that AWS's model does not know; moto's parsers pass over it, so the raw request is read here."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

__all__ = ["unknown"]

COMMON = {"Action", "Version"}


def unknown(protocol: str, operation: Any, body: bytes, form: Mapping[str, str]) -> Iterator[str]:
    """A line for each member that stands in the request, but not in the model."""
    shape = operation.input_shape
    if shape is None:
        return
    if protocol in ("query", "ec2"):
        for name in form:
            if name not in COMMON and not _is_parameter(name.split("."), shape, protocol):
                yield f".{name} is not a parameter of {shape.name}"
        return
    payload = shape.serialization.get("payload")
    shape = shape.members[payload] if payload else shape
    if not body or shape.type_name != "structure":
        return
    if protocol == "rest-xml":
        yield from _xml(ElementTree.fromstring(body), shape, "")
    else:
        yield from _json(json.loads(body), shape, "")


def _names(shape: Any) -> dict[str, Any]:
    return {one.serialization.get("name", name): one for name, one in shape.members.items()}


def _json(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        members = _names(shape)
        for name, one in value.items():
            if name not in members:
                yield f"{path}.{name} is not a member of {shape.name}"
            else:
                yield from _json(one, members[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for at, one in enumerate(value):
            yield from _json(one, shape.member, f"{path}[{at}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for name, one in value.items():
            yield from _json(one, shape.value, f"{path}.{name}")


def _xml(element: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "list":
        for one in element:
            yield from _xml(one, shape.member, f"{path}[]")
        return
    if shape.type_name != "structure":
        return
    members = _names(shape)
    for one in element:
        name = one.tag.rpartition("}")[2]
        if name not in members:
            yield f"{path}.{name} is not a member of {shape.name}"
            continue
        inner = members[name]
        flat = inner.type_name == "list" and inner.serialization.get("flattened")
        yield from _xml(one, inner.member if flat else inner, f"{path}.{name}")


def _is_parameter(parts: list[str], shape: Any, protocol: str) -> bool:
    """Whether `A.member.1.B` (query) or `A.1.B` (ec2) leads to something in the model."""
    if not parts:
        return True
    first, *rest = parts
    if shape.type_name == "structure":
        inner = _parameters(shape, protocol).get(first)
        return inner is not None and _is_parameter(rest, inner, protocol)
    if shape.type_name == "list":
        if first.isdigit():
            return _is_parameter(rest, shape.member, protocol)
        return first == shape.member.serialization.get("name", "member") and _is_parameter(rest, shape, protocol)
    if shape.type_name == "map":
        return first == "entry" or first.isdigit() or first in ("key", "value", "Name", "Value")
    return False


def _parameters(shape: Any, protocol: str) -> dict[str, Any]:
    found = {}
    for name, one in shape.members.items():
        chosen = one.serialization.get("queryName") if protocol == "ec2" else None
        if chosen is None:
            chosen = one.serialization.get("name", name)
            chosen = chosen[0].upper() + chosen[1:] if protocol == "ec2" else chosen
        found[chosen] = one
        if one.type_name == "list" and one.serialization.get("flattened"):
            found[one.member.serialization.get("name", chosen)] = one
    return found
