"""The arrays that stages add to a batch: one table of names, layouts and who adds them.

Every array is ordered by `position`, the ordinal of an accepted record in its channel's log. An element at
position p may depend on records up to p and on nothing later.
"""

from enum import IntFlag

import numpy as np

from schemas.frame import Records
from schemas.records import DECISION, FEATURE, OUTCOME, PREPROCESSED, PROGRESS, REPORT, TICK

# An instrument's best quotes after the event that ended at `position`.
QUOTE = np.dtype(
    [
        ("position", "<u8"),
        ("channel_ns", "<i8"),
        ("bid", "<i8"),
        ("bid_size", "<i8"),
        ("ask", "<i8"),
        ("ask_size", "<i8"),
        ("instrument", "<u4"),
        ("marks", "<u2"),  # schemas.records.Mark
        ("pad", "<u2"),
    ]
)

# The close of an instrument's bar: emitted when channel time reaches the bar's end, that is before the effect of the
# record at `position`, whose time is `now_ns` or later. Every instrument that was ever seen gets one at each close.
CLOSE = np.dtype(
    [
        ("position", "<u8"),
        ("end_ns", "<i8"),  # the end of the bar, a multiple of its width
        (
            "now_ns",
            "<i8",
        ),  # the latest multiple of the width that channel time has reached (end_ns, or later after silence)
        ("open", "<i8"),  # trade prices; 0 = no trade in the bar
        ("high", "<i8"),
        ("low", "<i8"),
        ("close", "<i8"),  # last trade so far, also from earlier bars; 0 = none yet
        ("volume", "<i8"),
        ("value", "<i8"),  # sum of price * size, saturating at the int64 range
        ("buy_volume", "<i8"),
        ("sell_volume", "<i8"),
        ("flow", "<i8"),  # order-flow imbalance, in size units
        ("bid", "<i8"),
        ("bid_size", "<i8"),
        ("ask", "<i8"),
        ("ask_size", "<i8"),
        ("trades", "<u4"),
        ("quotes", "<u4"),  # changes of the best quotes
        ("instrument", "<u4"),
        ("marks", "<u2"),
        ("width", "u1"),  # schemas.features.Series.number: of time bars, the index into BAR_WIDTHS_NS
        ("empty", "u1"),  # 1 = no event in the bar
    ]
)

# In the marks of a bar of activity, beside schemas.records.Mark: a trade of it, or of an earlier bar, was corrected or
# cancelled, and it could not be told which.
AMENDED = 0x8000

DEPTH_LEVELS = 10  # of each side that are shown of a book


class Standing(IntFlag):
    """What is to be said of a book of levels."""

    LOST = 1  # changes are missing and no snapshot has come since: the levels are the last that were known
    ONE_SIDED = 2  # no bid or no ask
    CROSSED = 4  # best bid above best ask
    LOCKED = 8  # best bid at best ask
    SHALLOW = 16  # fewer than DEPTH_LEVELS are known on a side, and there may be more
    DIFFERS = 32  # another best price than the best quotes have


# An instrument's levels at the close of a bar: one of these for each CLOSE, in their order.
DEPTH = np.dtype(
    [
        ("position", "<u8"),
        ("bid", "<i8", (DEPTH_LEVELS,)),  # from the best on; 0 = no such level, or not known
        ("bid_size", "<i8", (DEPTH_LEVELS,)),
        ("ask", "<i8", (DEPTH_LEVELS,)),
        ("ask_size", "<i8", (DEPTH_LEVELS,)),
        ("flow", "<i8", (DEPTH_LEVELS,)),  # order-flow imbalance of each level in the bar, in size units
        ("changes", "<i8"),  # LEVEL records in the bar
        ("instrument", "<u4"),
        ("standing", "<u2"),
        ("width", "u1"),
        ("known", "u1"),  # so many levels are certain on both sides: there, or known not to exist
    ]
)

# An instrument's trades against the quotes before and after them, summed over a bar: one of these for each CLOSE, in
# their order. Sums are of size units, or of size units times half price units; they saturate at the int64 range.
PRINT = np.dtype(
    [
        ("position", "<u8"),
        ("mid_half", "<i8"),  # bid + ask at the close; 0 = a side is missing
        ("trades", "<i8"),
        ("volume", "<i8"),
        ("tick_rule", "<i8"),  # sizes signed by the tick rule
        ("lee_ready", "<i8"),  # sizes signed by Lee and Ready
        ("quoted", "<i8"),  # size of the trades that have a sign and a quote before them
        ("effective", "<i8"),  # of these, sign * (2 * price - mid_half before the trade) * size
        ("matured", "<i8"),  # size of the trades whose quote after them came in this bar
        ("realised", "<i8"),  # of these, sign * (2 * price - mid_half after the trade) * size
        ("impact", "<i8"),  # of these, sign * (mid_half after - mid_half before) * size
        ("sided", "<i8"),  # trades for which the venue says who was the aggressor
        ("tick_rule_right", "<i8"),  # of these, how many the tick rule signs the same way
        ("lee_ready_right", "<i8"),
        ("instrument", "<u4"),
        ("width", "u1"),
        ("pad", "u1", (3,)),
    ]
)

# A record that quality refused: the instrument is marked from `position` on.
SUSPECT = np.dtype([("position", "<u8"), ("instrument", "<u4"), ("fault", "<u4")])

# The model's score of each feature row, in the order of the rows.
SCORE = np.dtype([("row", "<u8"), ("model_bp", "<i4"), ("in_sample", "<u4")])

# A row whose horizon has passed.
LABEL = np.dtype(
    [
        ("position", "<u8"),
        ("row", "<u8"),
        ("row_ns", "<i8"),
        ("channel_ns", "<i8"),
        ("mid_before_half", "<i8"),
        ("mid_after_half", "<i8"),
        ("spread", "<i8"),
        ("instrument", "<u4"),
        ("label", "<i4"),
    ]
)

# An instrument and its reference at the close of one of its bars of time.
PAIR = np.dtype(
    [
        ("position", "<u8"),
        ("mid_half", "<i8"),  # bid + ask at the close
        ("reference_half", "<i8"),  # of the reference, by its last quote before the close
        ("instrument", "<u4"),
        ("width", "u1"),
        ("pad", "u1", (3,)),
    ]
)

# The online learner's prediction for each feature row, in the order of the rows.
ONLINE = np.dtype([("row", "<u8"), ("online_bp", "<i4"), ("pad", "<u4")])

# What a strategy sees of each feature row: one of these a row, in order.
ROW = np.dtype(
    [
        ("row", "<u8"),
        ("model_bp", "<i4"),
        ("online_bp", "<i4"),
        ("model_weight_bp", "<i4"),
        ("online_weight_bp", "<i4"),
        ("p_bp", "<i4"),
        ("confidence_bp", "<i4"),
        ("in_sample", "<u4"),
        ("pad", "<u4"),
    ]
)

# What `udfs.features.preprocess` or the block knows of an instrument: one of these for each CLOSE, in their order.
COLUMN = np.dtype(
    [
        ("position", "<u8"),
        *PREPROCESSED.descr[len(TICK.descr) : -1],
        ("instrument", "<u4"),
        ("width", "u1"),
        ("pad", "u1", (3,)),
    ]
)

ARRAYS: dict[str, np.dtype] = {  # type: ignore[type-arg]
    "ticks": TICK,  # channel: accepted ticks and heartbeats, contiguous positions
    "reports": REPORT,  # channel: accepted reports of the gateway
    "suspects": SUSPECT,  # quality
    "quotes": QUOTE,  # book
    "closes": CLOSE,  # bars
    "depths": DEPTH,  # levels
    "prints": PRINT,  # prints
    "pairs": PAIR,  # pairs
    "columns": COLUMN,  # columns
    "activity": CLOSE,  # activity: bars of volume, notional and trades
    "features": FEATURE,  # features
    "scores": SCORE,  # score
    "labels": LABEL,  # label
    "online": ONLINE,  # learn
    "rows": ROW,  # ensemble
    "outcomes": OUTCOME,  # ensemble
    "decisions": DECISION,  # trade
    "executions": REPORT,  # trade, in lock-step mode
    "progress": PROGRESS,  # trade
}
EMPTY = {name: np.zeros(0, dtype) for name, dtype in ARRAYS.items()}
EMPTY["preprocessed"] = np.zeros(0, PREPROCESSED)  # channel: the records of a frame that a block made
EMPTY["received"] = np.zeros(0, TICK)  # quality: all ticks of a frame of which it refused some
EMPTY["refused"] = np.zeros(0, "<u4")  # quality: places in the frame of the records that went to quarantine
EMPTY["faults"] = np.zeros(0, "u1")  # quality: their schemas.errors.Fault
EMPTY["backwards"] = np.zeros(0, "<u4")  # quality: places in `ticks` where venue time ran backwards
for _nothing in EMPTY.values():
    _nothing.setflags(write=False)  # as every array of a batch is


def taken(scratch: Records, count: int) -> Records:
    """A copy of the first `count` records: as bytes, because numpy copies records field by field, 10 times slower."""
    return np.frombuffer(scratch[:count].tobytes(), scratch.dtype)
