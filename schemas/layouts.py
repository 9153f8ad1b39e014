"""Which records a frame of a kind holds, and the hash of their layout that stands in its header."""

import zlib
from functools import cache
from typing import Any

import numpy as np

from schemas.features import BY_CODE, NAMES
from schemas.records import (
    CLOCK,
    DECISION,
    FEATURE,
    FEATURE_HEAD,
    MARK,
    OUTCOME,
    PREPROCESSED,
    PROGRESS,
    REPORT,
    STAMP,
    TICK,
    Kind,
)

# One JSON document a frame, padded with spaces and cut into records of equal size: mostly it is one.
DOCUMENTS = frozenset({Kind.CONTROL, Kind.QUARANTINE})

RECORDS: dict[int, np.dtype] = {  # type: ignore[type-arg]
    Kind.TICKS: TICK,
    Kind.HEARTBEAT: TICK,
    Kind.REPORTS: REPORT,
    Kind.FEATURES: FEATURE,
    Kind.DECISIONS: DECISION,
    Kind.PROGRESS: PROGRESS,
    Kind.OUTCOMES: OUTCOME,
    Kind.MARKS: MARK,
    Kind.PREPROCESSED: PREPROCESSED,
    Kind.STAMPS: STAMP,
    Kind.CLOCK: CLOCK,
}


@cache
def feature_record(names: tuple[str, ...]) -> Any:
    """The record of a row of a feature set, by its names.

    Rows of the default set are FEATURE, whose bytes stay as they were before there were sets. Every other row says
    itself what it holds: `codes` has `schemas.features.Feature.code` of each value in `x`. So a row can be read
    without the TERM that it was made under, which lies in another topic and may come to a reader later.
    """
    return FEATURE if names == NAMES else _coded(len(names))


@cache
def _coded(width: int) -> Any:
    return np.dtype([*FEATURE_HEAD, ("x", "<f4", (width,)), ("codes", "<u4", (width,))])


def feature_names(codes: tuple[int, ...]) -> tuple[str, ...]:
    """The names that codes stand for; `#code` where this code knows none.

    >>> from schemas.features import BY_NAME
    >>> feature_names((BY_NAME["spread"].code, 7))
    ('spread', '#7')
    """
    return tuple(BY_CODE[code].name if code in BY_CODE else f"#{code}" for code in codes)


def names_of(rows: Any) -> tuple[str, ...]:
    """The names of the values in feature rows of one frame, or in one row."""
    if "codes" not in rows.dtype.names:
        return NAMES
    return feature_names(tuple(rows["codes"].reshape(-1, rows.dtype["codes"].shape[0])[0].tolist()))


def layout_hash(kind: int) -> int:
    """The 32-bit hash of a kind's record layout: names, types, offsets and order."""
    return _hash_of(kind, "json" if kind in DOCUMENTS else repr(RECORDS[kind].descr))


def _hash_of(kind: int, layout: str) -> int:
    return zlib.crc32(f"{Kind(kind).name} {layout}".encode())


def schema_of(kind: int, layout: Any) -> int:
    """The hash of the layout that records have: feature rows have one for each width of a set."""
    return SCHEMAS[kind] if kind != Kind.FEATURES or layout == FEATURE else _coded_hash(layout)


@cache
def _coded_hash(layout: Any) -> int:
    return _hash_of(Kind.FEATURES, repr(layout.descr))


@cache
def layout_of(kind: int, size: int) -> Any:
    """The layout of records of so many bytes; None when the kind has none of that size."""
    if kind in DOCUMENTS:
        return np.dtype(f"V{size}") if size else None
    if size == RECORDS[kind].itemsize:
        return RECORDS[kind]
    width, rest = divmod(size - _coded(0).itemsize, _coded(1).itemsize - _coded(0).itemsize)
    return _coded(width) if kind == Kind.FEATURES and width > 0 and rest == 0 else None


SCHEMAS: dict[int, int] = {kind: layout_hash(kind) for kind in (*RECORDS, *DOCUMENTS)}
