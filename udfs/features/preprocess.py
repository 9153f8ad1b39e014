"""What the RTL block computes of each tick, in integers: the production function and the golden model of `rtl/`.

Each instrument keeps an EWMA of its trade prices and of their squared distance from it (accumulator form: one
addition an update), sums of traded value, size and signed size, and the order flow through the best quotes. A value
depends on the sequence of ticks only, never on when they came. Every sum saturates at its stated end and says so.
"""

import numpy as np
import numpy.typing as npt

import schemas.records
from schemas.frame import Records
from schemas.records import ALL_STREAMS, PREPROCESSED, Side, Status, TickFlag, TickKind
from udfs.kernels import kernel, read_only

MEAN_SHIFT = 4  # the weight of a new price is 2^-4
VARIANCE_SHIFT = 5
FRACTION_BITS = 8  # of the mean and the variance in the record
OPERAND_MAX = 2**32 - 1  # prices and sizes beyond are taken as this
DISTANCE_MAX = 2**17 - 1  # price units; beyond, a distance from the mean is taken as this
SUM_MIN, SUM_MAX = -(2**63), 2**63 - 1

# What an instrument keeps; the accumulators are 2^shift times the averages.
STATE = np.dtype(
    [
        ("mean", "<i8"),
        ("variance", "<i8"),
        ("value", "<i8"),
        ("volume", "<i8"),
        ("signed_volume", "<i8"),
        ("flow", "<i8"),
        ("bid", "<i8"),
        ("bid_size", "<i8"),
        ("ask", "<i8"),
        ("ask_size", "<i8"),
        ("traded", "u1"),
        ("bid_known", "u1"),  # a bid has come since the start or the last gap
        ("ask_known", "u1"),
        ("pad", "u1", (5,)),
    ]
)

# In `marks` of the record.
CLIPPED, OUT_OF_RANGE, FULL, TRADED, BID_KNOWN, ASK_KNOWN = 1, 2, 4, 8, 16, 32

_PAIRS = 21  # of bits in a variance of 42
_ROOT_BITS, _Z_SHIFT = 19, 2


def inverse_roots() -> npt.NDArray[np.int64]:
    """2^19 / sqrt(i + 1/2) for a mantissa i of 64 to 255, else 0; the table in the block is made from this one.

    >>> inverse_roots()[[0, 63, 64, 255]].tolist()
    [0, 0, 65281, 32800]
    """
    table = np.zeros(256, np.int64)
    for mantissa in range(64, 256):
        table[mantissa] = round(2**_ROOT_BITS / (mantissa + 0.5) ** 0.5)
    return table


_ROOTS = inverse_roots()
_TRADE, _BID, _ASK, _STATUS = int(TickKind.TRADE), int(TickKind.BID), int(TickKind.ASK), int(TickKind.STATUS)
_BUY, _SELL, _GAP = int(Side.BUY), int(Side.SELL), int(Status.GAP)
_NOT_A_PRINT = int(TickFlag.CORRECTION | TickFlag.CANCEL)
_MEAN_UP, _VARIANCE_UP = FRACTION_BITS - MEAN_SHIFT, FRACTION_BITS - VARIANCE_SHIFT


def preprocess(ticks: Records, state: Records) -> Records:
    """A PREPROCESSED record for each tick; `state` has a row of STATE per instrument and is changed in place.

    Fields may hold any value. A tick of an instrument without a row (a heartbeat) gets zeros.
    """
    out = np.zeros(len(ticks), PREPROCESSED)
    for name in ticks.dtype.names or ():
        out[name] = ticks[name]
    fill(read_only(ticks), state, out)
    return out


@kernel(schemas.records)
def fill(ticks, state, out):  # type: ignore[no-untyped-def]
    """The columns of each tick behind the tick."""
    for i in range(ticks.shape[0]):
        if ticks[i].instrument >= state.shape[0]:
            continue
        row, record = state[ticks[i].instrument], out[i]
        distance, z, marks = advance(row, ticks[i])
        record.mean, record.variance = row.mean << _MEAN_UP, row.variance << _VARIANCE_UP
        record.value, record.volume, record.signed_volume = row.value, row.volume, row.signed_volume
        record.flow = row.flow
        record.bid, record.bid_size, record.ask, record.ask_size = row.bid, row.bid_size, row.ask, row.ask_size
        record.distance, record.z, record.marks = distance, z, marks


@kernel(schemas.records)
def advance(row, tick):  # type: ignore[no-untyped-def]
    """Take one tick into its instrument's row: distance and z of a trade (0 of other ticks), and the marks."""
    price = min(max(tick.price, 0), OPERAND_MAX)
    size = min(max(tick.size, 0), OPERAND_MAX)
    marks = distance = z = 0
    is_print = tick.kind == _TRADE and not tick.flags & _NOT_A_PRINT
    if (is_print or tick.kind == _BID or tick.kind == _ASK) and (price != tick.price or size != tick.size):
        marks = OUT_OF_RANGE
    if is_print:
        distance, z, clipped = _take_print(row, price, size, tick.side)
        marks |= clipped
    elif tick.kind == _BID:
        _take_bid(row, price, size)
    elif tick.kind == _ASK:
        _take_ask(row, price, size)
    elif tick.kind == _STATUS and tick.size == _GAP and _is_of_quotes(tick.price):
        row.bid_known = row.ask_known = 0
    return distance, z, marks | _standing(row)


@kernel()
def restore(row, record):  # type: ignore[no-untyped-def]
    """Make an instrument's row what it was after the tick of a PREPROCESSED record."""
    row.mean, row.variance = record.mean >> _MEAN_UP, record.variance >> _VARIANCE_UP
    row.value, row.volume, row.signed_volume = record.value, record.volume, record.signed_volume
    row.flow = record.flow
    row.bid, row.bid_size, row.ask, row.ask_size = record.bid, record.bid_size, record.ask, record.ask_size
    row.traded = record.marks & TRADED != 0
    row.bid_known, row.ask_known = record.marks & BID_KNOWN != 0, record.marks & ASK_KNOWN != 0


@kernel()
def _is_of_quotes(stream):  # type: ignore[no-untyped-def]
    return stream in (ALL_STREAMS, _BID, _ASK)


@kernel()
def _standing(row):  # type: ignore[no-untyped-def]
    """The marks that follow from the state."""
    marks = TRADED * row.traded | BID_KNOWN * row.bid_known | ASK_KNOWN * row.ask_known
    at_end = row.value == SUM_MAX or row.volume == SUM_MAX
    if at_end or row.signed_volume in (SUM_MIN, SUM_MAX) or row.flow in (SUM_MIN, SUM_MAX):
        marks |= FULL
    return marks


@kernel()
def _take_print(row, price, size, side):  # type: ignore[no-untyped-def]
    """EWMA of price and squared distance, the sums; the first price is its own mean, so its distance is 0."""
    mean = row.mean if row.traded else price << MEAN_SHIFT
    row.traded = 1
    row.mean = mean - (mean >> MEAN_SHIFT) + price
    exact = ((price << MEAN_SHIFT) - mean) >> MEAN_SHIFT
    distance = min(max(exact, -DISTANCE_MAX), DISTANCE_MAX)
    row.variance = row.variance - (row.variance >> VARIANCE_SHIFT) + distance * distance
    row.value = _multiply_add(row.value, price, size)
    row.volume = _add(row.volume, size)
    if side == _BUY:
        row.signed_volume = _add(row.signed_volume, size)
    elif side == _SELL:
        row.signed_volume = _add(row.signed_volume, -size)
    return distance, _normalise(distance, row.variance << _VARIANCE_UP), CLIPPED if distance != exact else 0


@kernel()
def _normalise(distance, variance):  # type: ignore[no-untyped-def]
    """distance / sqrt(variance) with 10 fractional bits, floored: leading pair, table, one multiplication.

    The mantissa is the variance's leading 8 bits at an even place; the relative error stays below 2^-7.
    """
    pair = 0
    for place in range(_PAIRS):
        if (variance >> (2 * place)) & 3:
            pair = place
    mantissa = (variance << (2 * (_PAIRS - 1 - pair))) >> 34
    return (distance * _ROOTS[mantissa]) >> (_Z_SHIFT + pair)


@kernel()
def _take_bid(row, price, size):  # type: ignore[no-untyped-def]
    """The bid's terms of Cont, Kukanov, Stoikov 2014, eq. 2; a missing bid lies below every price."""
    price = price if size else 0
    if row.bid_known:
        gained = size if price >= row.bid else 0
        row.flow = _add(row.flow, gained - (row.bid_size if price <= row.bid else 0))
    row.bid, row.bid_size, row.bid_known = price, size, 1


@kernel()
def _take_ask(row, price, size):  # type: ignore[no-untyped-def]
    """The ask's terms; a missing ask lies above every price."""
    price = price if size else OPERAND_MAX
    if row.ask_known:
        gained = row.ask_size if price >= row.ask else 0
        row.flow = _add(row.flow, gained - (size if price <= row.ask else 0))
    row.ask, row.ask_size, row.ask_known = price, size, 1


@kernel()
def _add(left, right):  # type: ignore[no-untyped-def]
    """The sum, held at the ends of the range."""
    if right > 0 and left > SUM_MAX - right:
        return SUM_MAX
    if right < 0 and left < SUM_MIN - right:
        return SUM_MIN
    return left + right


@kernel()
def _multiply_add(left, price, size):  # type: ignore[no-untyped-def]
    """left + price * size, held at the end of the range; the product of two 32-bit numbers may not fit 63 bits."""
    if price != 0 and size > SUM_MAX // price:
        return SUM_MAX
    return _add(left, price * size)
