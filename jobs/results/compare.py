"""Records that were archived beside the same records decided again."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.frame import Records
from schemas.trading import Order, canonical_order

TOLERANCE = 1e-6  # relative, of float features on another class of CPU
TOLERANCE_BP = 1  # of what is rounded from floats there


class Difference(NamedTuple):
    """One field of one record; None where a side has no such record."""

    topic: str
    channel: int
    number: str
    field: str
    was: str | None
    now: str | None


def records(topic: str, channel: int, was: Records, now: Records, exact: bool) -> Iterator[Difference]:
    """The fields in which records differ that stand at the same place; the rest of the longer side is missing.

    Unless `exact`, floats may differ by TOLERANCE and scores (fields in basis points) by TOLERANCE_BP.
    """
    count = min(len(was), len(now))
    names = was.dtype.names or ()
    differs = {name: _differs(name, was[name][:count], now[name][:count], exact) for name in names}
    for place in np.flatnonzero(np.logical_or.reduce(list(differs.values()))).tolist():
        for name in names:
            if differs[name][place]:
                number = _number(was, place)
                yield Difference(topic, channel, number, name, str(was[name][place]), str(now[name][place]))
    for place in range(count, max(len(was), len(now))):
        longer = was if len(was) > count else now
        told = (str(longer[place]), None) if len(was) > count else (None, str(longer[place]))
        yield Difference(topic, channel, _number(longer, place), "record", *told)


def orders(topic: str, channel: int, was: Mapping[str, Order], now: Mapping[str, Order]) -> Iterator[Difference]:
    """The orders whose canonical bytes differ, or that only one side has."""
    for order_id in sorted({*was, *now}):
        texts = [canonical_order(side[order_id]).decode() if order_id in side else None for side in (was, now)]
        if texts[0] != texts[1]:
            yield Difference(topic, channel, order_id, "order", *texts)


def _differs(name: str, was: Records, now: Records, exact: bool) -> npt.NDArray[np.bool_]:
    if not exact and was.dtype.kind == "f":
        unequal = ~np.isclose(was, now, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    elif not exact and name.endswith("_bp"):
        unequal = np.abs(was.astype(np.int64) - now.astype(np.int64)) > TOLERANCE_BP
    else:
        unequal = _bytes(was) != _bytes(now)  # a NaN equals itself, −0 is not 0
    return unequal.reshape(len(was), unequal.size // max(len(was), 1)).any(axis=1)


def _bytes(values: Records) -> npt.NDArray[np.uint8]:
    return np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8).reshape(
        len(values), values.nbytes // max(len(values), 1)
    )


def _number(found: Records, place: int) -> str:
    return str(found["number"][place] if "number" in (found.dtype.names or ()) else place)
