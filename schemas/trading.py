"""Orders, reports and the reasons for both: what crosses between a decision and the world."""

import hashlib
import re
from enum import IntEnum, StrEnum
from typing import Literal

import msgspec

from schemas.errors import Unsafe
from schemas.records import Side
from schemas.topics import ReplicaName


class Verdict(IntEnum):
    """What became of a decision row for one strategy."""

    NO_ORDER = 0  # the strategy asked for nothing; `reason` says why
    VETOED = 1  # it asked, risk refused
    SENT = 2


class Reason(IntEnum):
    """Why not; one list for strategies, risk, gateway and exchange, so that SQL can group by it."""

    NONE = 0
    # the strategy's own
    BELOW_CONFIDENCE = 1
    BELOW_COST = 2
    WAITING = 3  # between two round trips
    ORDER_WORKING = 4
    # risk, in the order in which the checks run
    HALTED = 20
    NOT_TRADABLE = 21
    NOT_WARM = 22
    MARKED = 23  # gap, crossed or one-sided book, suspect data: see the row's marks
    STALE = 24
    BAD_SIZE = 25  # not positive, not whole lots, below the smallest order
    OFF_STEP = 26
    COLLAR = 27  # price too far from the book
    ORDER_NOTIONAL = 28
    POSITION_NOTIONAL = 29
    ORDER_RATE = 30
    OPEN_ORDERS = 31
    LOSS = 32
    EXPIRED = 33  # valid_until has passed
    SHORT_SALE = 34  # would sell what is not held, and the instrument may not be sold short
    # the gateway's own
    NO_MARK = 40
    WRONG_TERM = 41
    NEVER_SENT = 42
    TIMED_OUT = 43
    UNCONFIRMED = 44  # only one replica of a hot pair asked for it, and both must
    # the exchange's
    UNKNOWN_INSTRUMENT = 60
    NO_LIQUIDITY = 61
    DUPLICATE_ID = 62
    REFUSED = 63


class ReportKind(IntEnum):
    ACCEPTED = 1
    REJECTED = 2
    FILL = 3
    FILL_CORRECT = 4
    FILL_BUST = 5
    CANCELLED = 6
    EXPIRED = 7
    VETOED = 8  # by the gateway's own check
    NEVER_SENT = 9


# An order has exactly one of these, or a FILL whose leaves are 0.
TERMINAL = frozenset(
    {ReportKind.REJECTED, ReportKind.CANCELLED, ReportKind.EXPIRED, ReportKind.VETOED, ReportKind.NEVER_SENT}
)


class OrderType(StrEnum):
    LIMIT = "limit"


class TimeInForce(StrEnum):
    IOC = "ioc"  # what cannot trade at once expires


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="action", tag="new"):
    """A new order as it lies in orders.v1; the same decision always makes the same bytes."""

    id: str
    strategy: str
    channel: int
    term: int
    n: int
    instrument: int
    side: int
    price: int
    size: int
    decision: int  # number of the decision row
    decided_ns: int  # channel time
    valid_until_ns: int  # channel time
    type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.IOC
    post_only: bool = False
    reduce_only: bool = False
    short: bool = False

    @property
    def signed_size(self) -> int:
        return self.size if self.side == Side.BUY else -self.size


class Cancel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="action", tag="cancel"):
    """Take an order back; nothing in this release makes one, the gateway and the exchange obey it."""

    id: str
    order_id: str
    channel: int
    term: int


class Stamps(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Wall clocks for the latency ledger, and which replica of trade wrote the message; never canonical bytes.

    `feed_ns` is the feed's time of the record at which the decision was made, and `feed_epoch` says which run of the
    feed that was: the clock of a replayed feed is that of the past.
    """

    published_ns: int
    received_ns: int
    decided_ns: int
    replica: ReplicaName = "a"
    feed_ns: int = 0  # 0 = not known
    feed_epoch: int = 0


STRATEGY_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")
_ORDER_ID = re.compile(STRATEGY_NAME.pattern + r"-\d{1,3}-\d{1,9}-\d{1,12}", re.ASCII)
_DECODER = msgspec.json.Decoder(Order | Cancel)
_STAMPS = msgspec.json.Decoder(Stamps)


def order_id(strategy: str, channel: int, term: int, n: int) -> str:
    """The id of a strategy's n-th order in a channel and term.

    >>> order_id("probe", 0, 1, 7)
    'probe-0-1-7'
    """
    text = f"{strategy}-{channel}-{term}-{n}"
    if not _ORDER_ID.fullmatch(text):
        raise Unsafe(f"{text!r} is not an order id: a strategy's name is a-z, 0-9, _ and at most 16 long")
    return text


def canonical_order(order: Order | Cancel) -> bytes:
    """The bytes that the hash, the gateway's comparison and the broker see."""
    return msgspec.json.encode(order)


def order_hash(canonical: bytes) -> str:
    return hashlib.sha256(canonical).hexdigest()


def order_message(order: Order | Cancel, stamps: Stamps | None) -> bytes:
    """The message in orders.v1: the canonical bytes, then, on a line of its own, the telemetry."""
    canonical = canonical_order(order)
    return canonical if stamps is None else canonical + b"\n" + msgspec.json.encode(stamps)


def read_order_message(data: bytes) -> tuple[Order | Cancel, bytes, Stamps | None]:
    """The order, its canonical bytes and its stamps; raises msgspec.DecodeError on anything else."""
    canonical, _, trailer = data.partition(b"\n")
    try:
        return _DECODER.decode(canonical), canonical, _STAMPS.decode(trailer) if trailer else None
    except UnicodeDecodeError as error:  # msgspec lets this one through as it is
        raise msgspec.DecodeError(str(error)) from error


ExchangeMode = Literal["lock-step", "gateway"]
