"""A model for any feature set: a logistic graph of few weights, known by its content."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from models.registry import Registry
from schemas.control import ModelRef
from schemas.feature_sets import chosen
from tests.models.onnx_bytes import logistic

_MADE: dict[str, bytes] = {}


@cache
def small_model(names: tuple[str, ...]) -> ModelRef:
    """The reference of a model of a set; `open_small` opens it."""
    data = logistic(np.linspace(-0.01, 0.01, len(names)), width=len(names))
    sha256 = hashlib.sha256(data).hexdigest()
    _MADE[sha256] = data
    feature_hash = chosen(names).hash
    return ModelRef(name="small", sha256=sha256, feature_hash=feature_hash, trained_from_ns=0, trained_to_ns=0)


def keep_small(folder: Path, names: tuple[str, ...], name: str) -> None:
    """Put the model of a set into a registry's folder, under a name."""
    one = small_model(names)
    shipped = Registry().find("direction")
    manifest = msgspec.structs.replace(shipped, name=name, sha256=one.sha256, feature_hash=one.feature_hash)
    Registry(folder).add(manifest, open_small(one.sha256))


def open_small(sha256: str) -> bytes:
    return _MADE[sha256]
