"""Runs the ideas that a term's feature set asks for: each in a compiled walk of its own, beside the rows."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import udfs.features.window
from schemas.control import Term
from schemas.features import BY_NAME, Series
from schemas.frame import Records
from udfs.arrays import EMPTY
from udfs.features.ideas import EMPTY_TOO, IDEAS, MID, TRADE, Idea
from udfs.features.window import settle
from udfs.kernels import kernel, kernel_around, read_only
from udfs.machine import Batch, State

_F4_MAX = 3.0e38  # a larger value would be infinite in a row
_NO_PLACE = np.zeros(0, "<i8")


class _Walk(NamedTuple):
    """An idea that is asked for, as its kernel takes it."""

    idea: Idea
    series: Series
    loop: Callable[..., None]
    settings: Records  # one an instrument
    places: npt.NDArray[np.int64]  # of its values in x; -1 = not asked for
    warm_up: int


class Walks:
    """The ideas of a term's feature set. They see the bars of the channel's own tradable instruments.

    A bar that closed at a row's position or before counts for the row; a bar of activity includes the trade at its
    position, which the row must not know, so there only earlier ones do.
    """

    def __init__(self, term: Term, own: npt.NDArray[np.uint8]) -> None:
        self._own = own
        self._walks = [_walk(idea, term, len(own)) for idea in IDEAS if set(idea.names) & set(term.feature_set.names)]

    def initial(self) -> State:
        """For each idea, in the order of IDEAS: its records, and how many bars it has seen; one an instrument."""
        found: State = {}
        for walk in self._walks:
            found[f"own of {walk.idea.names[0]}"] = np.zeros(len(self._own), walk.idea.state)
            found[f"bars of {walk.idea.names[0]}"] = np.zeros(len(self._own), "<i8")
        return found

    def step(self, state: State, batch: Batch, rows: Records) -> None:
        """Bring every idea up to the end of the batch, and its values into the rows."""
        shown: dict[tuple[Series, int], Shown] = {}
        for walk in self._walks:
            key = walk.series, walk.idea.needs
            if key not in shown:
                shown[key] = show(batch[walk.series.array], *key, self._own, rows)
            if len(shown[key].chosen) or len(rows):
                _run(walk, state, shown[key], rows)

    def warm(self, state: State, rows: Records) -> None:
        for walk in self._walks:
            none = EMPTY[walk.series.array]
            _run(walk, state, show(none, walk.series, walk.idea.needs, self._own, rows), rows)


class Shown(NamedTuple):
    """The bars that an idea is shown, and for each row how many of them come before it."""

    bars: Records
    chosen: npt.NDArray[np.int64]  # their places in `bars`
    before: npt.NDArray[np.int64]


def show(bars: Records, series: Series, needs: int, own: npt.NDArray[np.uint8], rows: Records) -> Shown:
    chosen, before = np.empty(len(bars), "<i8"), np.empty(len(rows), "<i8")
    chosen = chosen[: (choose if needs else choose_any)(bars, series.number, needs, own, chosen)]
    count_before(bars, chosen, rows, series.width_ns > 0, before)
    return Shown(bars, chosen, before)


def _walk(idea: Idea, term: Term, count: int) -> _Walk:
    asked, features = term.feature_set.index, [BY_NAME[name] for name in idea.names]
    settings = idea.settings if isinstance(idea.settings, tuple) else idea.settings(term)
    table = np.tile(np.array(settings, "<f8"), (count, 1)) if isinstance(settings, tuple) else settings
    places = np.array([asked.get(name, -1) for name in idea.names], "<i8")
    warm_up = max(feature.warm_up for feature in features if feature.name in asked)
    return _Walk(idea, features[0].series, loop_of(idea.update), read_only(table), places, warm_up)


def _run(walk: _Walk, state: State, shown: Shown, rows: Records) -> None:
    own, bars = (state[f"{what} of {walk.idea.names[0]}"] for what in ("own", "bars"))
    walk.loop(*shown, own, bars, walk.settings, walk.places, walk.warm_up, state["x"], rows)


@kernel()
def choose(bars, number, needs, own, chosen):  # type: ignore[no-untyped-def]
    count = 0
    for i in range(bars.shape[0]):
        bar = bars[i]
        if bar.width != number or not own[bar.instrument] or (bar.empty and not needs & EMPTY_TOO):
            continue
        if needs & MID and not (bar.bid_size > 0 and bar.ask_size > 0):
            continue
        if needs & TRADE and bar.open == 0:
            continue
        chosen[count] = i
        count += 1
    return count


@kernel()
def choose_any(bars, number, needs, own, chosen):  # type: ignore[no-untyped-def]
    """As `choose`, for records that have no prices."""
    count = 0
    for i in range(bars.shape[0]):
        if bars[i].width == number and own[bars[i].instrument]:
            chosen[count] = i
            count += 1
    return count


@kernel()
def count_before(bars, chosen, rows, with_equal, before):  # type: ignore[no-untyped-def]
    at = 0
    for row in range(rows.shape[0]):
        position = rows[row].position
        while at < chosen.shape[0]:
            closed = bars[chosen[at]].position
            if closed > position or (closed == position and not with_equal):
                break
            at += 1
        before[row] = at


@cache
def loop_of(update: Any) -> Callable[..., None]:
    """The walk of one update kernel, compiled around it."""

    def walk(bars, chosen, before, own, seen, settings, places, warm_up, x, rows):  # type: ignore[no-untyped-def]
        values = np.zeros(places.shape[0])
        at = 0
        for row in range(rows.shape[0] + 1):
            end = before[row] if row < rows.shape[0] else chosen.shape[0]
            while at < end:
                bar = bars[chosen[at]]
                number = bar.instrument
                update(own[number], bar, seen[number], settings[number], values)
                seen[number] += 1
                for i in range(places.shape[0]):
                    if places[i] >= 0:
                        x[number, places[i]] = min(max(settle(values[i]), -_F4_MAX), _F4_MAX)
                at += 1
            if row < rows.shape[0]:
                number = rows[row].instrument
                if seen[number] < warm_up:
                    rows[row].warm = 0
                for i in range(places.shape[0]):
                    if places[i] >= 0:
                        rows[row].x[places[i]] = x[number, places[i]]

    walk_: Callable[..., None] = kernel_around(update, udfs.features.window)(walk)
    return walk_
