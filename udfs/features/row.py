"""The feature row: one at each 1-second close that something happened in.

The features of the default set come from one compiled walk over the closes (`udfs.features.default`), in which they
share windows and sums, and which leaves out what the term's set does not ask for. Every other feature is an idea of
`udfs.features.ideas`, with a walk and a state of its own, which do not exist when the set does not ask.
"""

import numpy as np

from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS, FEATURES
from schemas.frame import Records
from schemas.layouts import feature_record
from schemas.records import FEATURE
from udfs.arrays import CLOSE, EMPTY, taken
from udfs.features.default import fold, initial
from udfs.features.depth import mark_unknown
from udfs.features.ideas import levels_asked
from udfs.features.walks import Walks
from udfs.kernels import read_only
from udfs.machine import ArrayMachine, Batch, State

HEAD = np.dtype([("number", "<i8")])
_FOLDED = ("head", "cores_1s", "cores_10s", "trends", "volumes", "x")


class Features(ArrayMachine):
    """Rows of the channel's own tradable instruments, from the closes of their bars; `x` is the term's feature set.

    Indicators count bars in which something happened and whose close has both sides of the book. A bar without a mid
    changes nothing: its row leaves with the marks it has and the last values. A row whose levels are not known as deep
    as the set asks is marked GAP. `warm` is 1 when every feature of the set has had its warm-up; before that the
    windows are as long as there are bars. No value is ever infinite or NaN.
    """

    name = "features"
    version = 1
    inherits = ("features",)

    def __init__(self, term: Term, channel: int) -> None:
        instruments, chosen = term.universe.instruments, term.feature_set
        self._own = np.array([one.tradable and one.channel == channel for one in instruments], "u1")
        self._width = len(chosen)
        self._record = feature_record(chosen.names)
        self._codes = np.array([feature.code for feature in chosen.features], "<u4")
        self._places = np.array([chosen.index.get(feature.name, -1) for feature in FEATURES], "<i8")
        asked = [feature for feature in FEATURES if feature.name in chosen.index]
        self._warm_up = np.array(
            [max((one.warm_up for one in asked if one.width_ns == ns), default=0) for ns in BAR_WIDTHS_NS[:2]], "<i8"
        )
        self._walks = Walks(term, self._own)
        self._levels = levels_asked(chosen.names)
        has_activity = any(feature.series.array == "activity" for feature in chosen.features)
        self.needs = "" if has_activity else "closes"  # with them comes everything else that is read
        self._reserve(256)

    def initial(self) -> State:
        return {
            "head": np.ones(1, HEAD),
            **initial(len(self._own), self._places, self._warm_up),
            "x": np.zeros((len(self._own), self._width), "<f4"),
            **self._walks.initial(),
        }

    def step(self, state: State, batch: Batch) -> None:
        closes, count = batch["closes"], 0
        if len(closes) > len(self._out):
            self._reserve(len(closes))
        if len(closes):
            count = self._fold(state, closes)
        self._walks.step(state, batch, self._out[:count])
        if self._levels:
            mark_unknown(self._out[:count], batch["depths"], self._levels)
        if count or self._record is not FEATURE:  # the later stages' kernels are compiled for this record alone
            batch["features"] = taken(self._out, count)

    def warm(self) -> None:
        state = self.initial()
        self._fold(state, read_only(np.zeros(1, CLOSE)))
        self._walks.warm(state, self._out[:0])
        if self._levels:
            mark_unknown(self._out[:0], EMPTY["depths"], self._levels)

    def _fold(self, state: State, closes: Records) -> int:
        folded = [state[name] for name in _FOLDED]
        count: int = fold(closes, self._own, self._places, self._warm_up, *folded, self._out)
        return count

    def _reserve(self, count: int) -> None:
        """Scratch, not state: room for a row a close."""
        self._out = np.zeros(count, self._record)
        if self._record is not FEATURE:
            self._out["codes"] = self._codes
