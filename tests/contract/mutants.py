"""Machines that each break one property: the battery must find every one of them."""

from typing import Any

import numpy as np

from schemas.frame import Records
from udfs.machine import Batch

LEAK = np.dtype([("position", "<u8"), ("value", "<i8")])


class Mutant:
    """Adds the array `leak` to every batch of ticks."""

    version = 1
    name = "mutant"

    def initial(self) -> Any:
        return {"count": 0}

    def dump(self, state: Any) -> bytes:
        return int(state["count"]).to_bytes(8, "little")

    def load(self, data: bytes) -> Any:
        return {"count": int.from_bytes(data, "little")}

    def warm(self) -> None:
        return None

    def step(self, state: Any, batch: Batch) -> None:
        ticks = batch["ticks"]
        if not len(ticks):
            return
        leak = np.zeros(len(ticks), LEAK)
        leak["position"] = batch.position + np.arange(len(ticks))
        leak["value"] = self.values(state, batch, ticks)
        batch["leak"] = leak

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        raise NotImplementedError


class Honest(Mutant):
    """Not a mutant: shows that the battery does not cry wolf."""

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        first = state["count"]
        state["count"] += len(ticks)
        return first + np.arange(len(ticks))


class SaysItNeedsLess(Honest):
    """Counts every tick, and wants to be shown only closes."""

    needs = "closes"


class SeesTheFrame(Mutant):
    """Uses how many records the frame has."""

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        return len(ticks)


class SeesTheFramesEnd(Mutant):
    """Uses the last price of the frame for all of its records: the commonest look-ahead."""

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        return ticks["price"][-1]


class Forgets(Mutant):
    """Keeps its state in the object, where no checkpoint sees it."""

    def __init__(self) -> None:
        self._count = 0

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        self._count += len(ticks)
        return self._count - len(ticks) + np.arange(len(ticks))


class CountsMessages(Mutant):
    """Counts calls instead of records."""

    def step(self, state: Any, batch: Batch) -> None:
        state["count"] += 1
        super().step(state, batch)

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        return state["count"]


class SharesItsState(Mutant):
    """Keeps its state in the class: channels see each other."""

    seen = 0

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        SharesItsState.seen = SharesItsState.seen * 3 % 1_000_003 + int(ticks["instrument"][0])
        return SharesItsState.seen


class DependsOnHashes(Mutant):
    """Iterates over a set of strings, whose order depends on the process."""

    def values(self, state: Any, batch: Batch, ticks: Records) -> Any:
        return int.from_bytes(next(iter({"alpha", "beta", "gamma", "delta", "epsilon"})).encode()[:4], "little")
