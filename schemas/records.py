"""The record of each kind of frame: fixed size, little-endian, the same bytes in memory, in Kafka and on disk.

Prices are integers in the instrument's price unit, sizes in its lot unit, times in ns since 1970 UTC, money in the
unit of its currency (`schemas.instrument`). A field that ends in `_bp` is in basis points (10,000 = 1).
"""

from enum import IntEnum, IntFlag
from typing import Any

import numpy as np

from schemas.features import WIDTH


class Kind(IntEnum):
    """What a frame carries."""

    TICKS = 1
    HEARTBEAT = 2
    REPORTS = 3
    CONTROL = 4
    NEWS = 5
    FEATURES = 6
    DECISIONS = 7
    PROGRESS = 8
    QUARANTINE = 9
    OUTCOMES = 10
    MARKS = 11
    PREPROCESSED = 12
    STAMPS = 13
    CLOCK = 14


FEED_KINDS = (Kind.TICKS, Kind.PREPROCESSED, Kind.HEARTBEAT)  # what a feed writes: ticks, each with its receive time


class TickKind(IntEnum):
    """What a tick says; an instrument has three streams, TRADE, BID with ASK, and LEVEL, each with its own order."""

    TRADE = 0
    BID = 1  # best bid: price and size; size 0 = no bid
    ASK = 2
    LEVEL = 3  # one price level of the book: size 0 = the level is gone
    STATUS = 4  # size = a Status, price = the TickKind whose stream it is about, or ALL_STREAMS
    HEARTBEAT = 5  # channel time only; instrument = NO_INSTRUMENT


class Status(IntEnum):
    TRADING = 1
    HALTED = 2
    GAP = 3  # messages were lost: what was known of this stream no longer holds


class Side(IntEnum):
    """The side of a level, of a trade's aggressor, of an order."""

    BUY = 0
    SELL = 1
    NONE = 2


class TickFlag(IntFlag):
    LAST = 1  # ends a venue event
    SNAPSHOT = 2
    REFERENCE = 4  # copied from another channel: features may read it, nothing is traded on it
    CORRECTION = 8
    CANCEL = 16
    AUCTION = 32


class Mark(IntFlag):
    """What speaks against trading on a row; the verdict of quality and book, it stands on every decision."""

    GAP = 1  # messages were lost and no full quote has come since
    ONE_SIDED = 2  # no bid or no ask
    CROSSED = 4  # bid above ask
    SUSPECT = 8  # a record of this instrument went to quarantine in this bar
    TIME_BACKWARDS = 16  # venue time ran backwards within a stream in this bar
    VENUE_HALTED = 32


ALL_STREAMS = -1
NO_INSTRUMENT = 0xFFFFFFFF

TICK = np.dtype(
    [
        ("venue_ns", "<i8"),  # 0 = the venue gave no time
        ("receive_ns", "<i8"),
        ("price", "<i8"),
        ("size", "<i8"),
        ("instrument", "<u4"),
        ("kind", "u1"),
        ("side", "u1"),
        ("flags", "<u2"),
    ]
)

# A tick, and what the RTL block or `udfs.features.preprocess` knows of its instrument after it.
PREPROCESSED = np.dtype(
    [
        *TICK.descr,
        ("mean", "<i8"),  # EWMA of trade prices, in 1/256 price units; 0 before the first
        ("variance", "<i8"),  # EWMA of the squared distance from it, in 1/256 squared price units
        ("value", "<i8"),  # sum of price * size of the trades
        ("volume", "<i8"),  # sum of their sizes
        ("signed_volume", "<i8"),  # bought less sold, by aggressor
        ("flow", "<i8"),  # sum of the order flow at the best quotes
        ("bid", "<u4"),
        ("bid_size", "<u4"),
        ("ask", "<u4"),  # 2^32 - 1 when there is none
        ("ask_size", "<u4"),
        ("distance", "<i4"),  # a trade's price less the mean before it, floored; 0 of other ticks
        ("z", "<i2"),  # distance / sqrt(variance), in 1/1024; 0 of other ticks
        ("marks", "<u2"),  # udfs.features.preprocess
        ("pad", "u1", (16,)),
    ]
)


def ticks_of(records: Any) -> Any:
    """The ticks in PREPROCESSED records, as they came; ticks as they are."""
    if records.dtype != PREPROCESSED:
        return records
    heads = np.frombuffer(records.tobytes(), "u1").reshape(-1, PREPROCESSED.itemsize)[:, : TICK.itemsize]
    return np.frombuffer(heads.tobytes(), TICK)


ORDER_ID = "S48"
EXECUTION_ID = "S48"

REPORT = np.dtype(
    [
        ("order_id", ORDER_ID),
        ("execution_id", EXECUTION_ID),  # empty unless a fill
        ("broker_ns", "<i8"),  # the broker's channel time when it did this
        ("price", "<i8"),  # of this execution
        ("size", "<i8"),
        ("cumulative", "<i8"),
        ("leaves", "<i8"),
        ("fee", "<i8"),  # positive = paid; in the fee currency's unit
        ("fee_currency", "S8"),
        ("instrument", "<u4"),
        ("kind", "u1"),  # schemas.trading.ReportKind
        ("reason", "u1"),  # schemas.trading.Reason
        ("side", "u1"),
        ("pad", "u1"),
    ]
)

FEATURE_HEAD = [
    ("number", "<u8"),  # of the row in its channel, from 1 without holes
    ("position", "<u8"),
    ("channel_ns", "<i8"),  # the end of the 1-second bar that this row closes
    ("bid", "<i8"),
    ("bid_size", "<i8"),
    ("ask", "<i8"),
    ("ask_size", "<i8"),
    ("close", "<i8"),  # last trade, 0 = none yet
    ("instrument", "<u4"),
    ("marks", "<u2"),  # Mark
    ("warm", "u1"),
    ("pad", "u1"),
]
# Rows of the default set: `x` is schemas.features.FEATURES, in that order.
FEATURE = np.dtype([*FEATURE_HEAD, ("x", "<f4", (WIDTH,))])

DECISION = np.dtype(
    [
        ("number", "<u8"),
        ("row", "<u8"),  # FEATURE.number
        ("position", "<u8"),
        ("channel_ns", "<i8"),
        ("order", "<u8"),  # n of the order id; 0 = no order
        ("bid", "<i8"),
        ("bid_size", "<i8"),
        ("ask", "<i8"),
        ("ask_size", "<i8"),
        ("price", "<i8"),  # of the order asked for
        ("size", "<i8"),
        ("held", "<i8"),  # this strategy's position before, signed
        ("working", "<i8"),  # signed size of its orders that are not final
        ("instrument", "<u4"),
        ("model_bp", "<i4"),
        ("online_bp", "<i4"),
        ("model_weight_bp", "<i4"),
        ("online_weight_bp", "<i4"),
        ("p_bp", "<i4"),  # probability of up
        ("confidence_bp", "<i4"),
        ("marks", "<u2"),
        ("strategy", "u1"),  # ordinal in the term
        ("verdict", "u1"),  # schemas.trading.Verdict
        ("reason", "u1"),  # schemas.trading.Reason
        ("side", "u1"),
        ("in_sample", "u1"),
        ("pad", "u1"),
    ]
)

OUTCOME = np.dtype(
    [
        ("number", "<u8"),
        ("row", "<u8"),  # FEATURE.number of the row whose label matured
        ("position", "<u8"),
        ("row_ns", "<i8"),  # that row's channel time
        ("channel_ns", "<i8"),  # when it matured
        ("mid_before_half", "<i8"),  # bid + ask: the mid in half price units
        ("mid_after_half", "<i8"),
        ("spread", "<i8"),  # at the row
        ("instrument", "<u4"),
        ("model_bp", "<i4"),
        ("online_bp", "<i4"),
        ("p_bp", "<i4"),
        ("label", "i1"),  # +1, -1; 0 = moved by no more than half the spread
        ("in_sample", "u1"),
        ("pad", "u1", (6,)),
    ]
)

PROGRESS = np.dtype(
    [
        ("position", "<u8"),
        ("decisions", "<u8"),
        ("term", "<u4"),
        ("halted", "u1"),
        ("pad", "u1", (3,)),
        ("digest", "V32"),  # chained sha256 over the decision records so far
    ]
)

MARK = np.dtype(
    [
        ("receive_ns", "<i8"),
        ("bid", "<i8"),
        ("ask", "<i8"),
        ("instrument", "<u4"),
        ("pad", "<u4"),
    ]
)

# Telemetry, wall clocks of the writer's machine in ns since 1970 UTC: what the gateway did with an order that has met
# its end; 0 = it did not.
STAMP = np.dtype(
    [
        ("order_id", ORDER_ID),
        ("received_ns", "<i8"),
        ("synced_ns", "<i8"),  # the ledger has it on the disk
        ("sent_ns", "<i8"),
        ("acknowledged_ns", "<i8"),  # the broker's first word
        ("final_ns", "<i8"),
    ]
)

# Telemetry: when a tick of a replayed feed was due, start_ns + (receive_ns - first_ns) / pace.
CLOCK = np.dtype([("first_ns", "<i8"), ("start_ns", "<i8"), ("pace", "<f8")])
