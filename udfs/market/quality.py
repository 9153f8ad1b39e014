"""Quality: which records of a frame are believed. Every other kernel relies on what is checked here."""

import numpy as np

import schemas.records
from schemas.control import Term
from schemas.errors import Fault
from schemas.features import SECOND_NS
from schemas.frame import Records
from schemas.records import ALL_STREAMS, NO_INSTRUMENT, TICK, Side, Status, TickKind
from udfs.arrays import SUSPECT
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State

AHEAD_NS_MAX = 8 * 24 * 3600 * SECOND_NS  # longer than any scheduled silence of a venue
VALUE_END = 2**62  # prices, sizes and times stay below: sums and differences of two fit 64 bits

HEAD = np.dtype([("channel_ns", "<i8")])
# Places in the steps; `has_one_step` also says that it is known.
INSTRUMENT = np.dtype([("known", "<i4"), ("first", "<i4"), ("last", "<i4"), ("has_one_step", "<i4")])
# A price is on the step when rotating price * inverse (mod 2^64) to the right by `shift` gives at most `most`: a
# multiplication instead of a division. Granlund, Montgomery 1994, section 9; step = odd * 2^shift, inverse * odd = 1.
STEP = np.dtype([("from_ns", "<i8"), ("inverse", "<u8"), ("shift", "<u8"), ("most", "<u8")])
STREAMS = 3  # TRADE, BID + ASK, LEVEL

_TRADE, _BID, _ASK, _LEVEL = int(TickKind.TRADE), int(TickKind.BID), int(TickKind.ASK), int(TickKind.LEVEL)
_STATUS, _HEARTBEAT = int(TickKind.STATUS), int(TickKind.HEARTBEAT)
_NONE = int(Side.NONE)
_STATUS_FIRST, _STATUS_LAST = int(min(Status)), int(max(Status))
_UNKNOWN_INSTRUMENT, _OFF_STEP = int(Fault.UNKNOWN_INSTRUMENT), int(Fault.OFF_STEP_PRICE)
_BAD_PRICE, _BAD_SIZE, _BAD_TIME = int(Fault.BAD_PRICE), int(Fault.BAD_SIZE), int(Fault.BAD_TIME)
_BAD_KIND, _BAD_SIDE = int(Fault.BAD_KIND), int(Fault.BAD_SIDE)


class Quality(ArrayMachine):
    """Refuses records that cannot be true, one by one; marks where venue time ran backwards.

    A record is refused for the first of: kind, instrument, side, time, price, size. Venue time is judged within
    (instrument, stream) against the record before: one stamp too far ahead marks one record, not all that follow.
    Accepted records keep their order and get positions without holes; a frame without a bad record is passed on as
    it is. The first record of a log sets the channel's time, so only its range is checked.
    """

    name = "quality"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        universe = term.universe
        self._table = np.zeros(len(universe.instruments), INSTRUMENT)
        steps: list[tuple[int, int, int, int]] = []
        for one in universe.of_channel(channel):
            count = len(one.tick_sizes)
            self._table[one.number] = (1, len(steps), len(steps) + count - 1, count == 1)
            steps += [(tick.from_ns, *divisor(tick.step)) for tick in one.tick_sizes]
        self._steps = np.array(steps, STEP)
        self._reserve(1024)

    def initial(self) -> State:
        return {"head": np.zeros(1, HEAD), "venue_ns": np.zeros((len(self._table), STREAMS), "<i8")}

    def step(self, state: State, batch: Batch) -> None:
        ticks = batch["ticks"]
        if len(ticks) == 0:
            return
        if len(ticks) > len(self._refused):
            self._reserve(len(ticks))
        refused, suspects, backwards = self._validate(state, ticks, batch.position)
        if backwards:
            batch["backwards"] = self._backwards[:backwards].copy()
        if not refused:
            return
        batch["refused"] = self._refused[:refused].copy()
        batch["faults"] = self._faults[:refused].copy()
        batch["suspects"] = self._suspects[:suspects].copy()
        batch["received"] = ticks
        batch["ticks"] = np.delete(ticks, self._refused[:refused])
        batch.count = len(ticks) - refused

    def warm(self) -> None:
        self._validate(self.initial(), read_only(np.zeros(1, TICK)), 0)

    def _validate(self, state: State, ticks: Records, position: int) -> tuple[int, int, int]:
        found: tuple[int, int, int] = validate(
            ticks,
            position,
            self._table,
            self._steps,
            state["head"],
            state["venue_ns"],
            self._refused,
            self._faults,
            self._suspects,
            self._backwards,
        )
        return found

    def _reserve(self, count: int) -> None:
        """Scratch, not state: room for every record of a frame, because a kernel checks no bounds."""
        self._refused = np.zeros(count, "<u4")
        self._faults = np.zeros(count, "u1")
        self._suspects = np.zeros(count, SUSPECT)
        self._backwards = np.zeros(count, "<u4")


def divisor(step: int) -> tuple[int, int, int]:
    """Inverse, shift and bound by which `_is_on_step` knows the multiples of a positive step.

    >>> divisor(10)
    (14757395258967641293, 1, 1844674407370955161)
    """
    shift = (step & -step).bit_length() - 1
    return pow(step >> shift, -1, 1 << 64), shift, ((1 << 64) - 1) // step


@kernel()
def _is_on_step(price, step):  # type: ignore[no-untyped-def]
    product = np.uint64(price) * step.inverse
    rotated = product >> step.shift | product << (np.uint64(64) - step.shift & np.uint64(63))
    return rotated <= step.most


@kernel(schemas.records)
def _price_fault(tick, table, steps, channel_ns):  # type: ignore[no-untyped-def]
    if not 0 < tick.price < VALUE_END:
        return _BAD_PRICE
    at, last = table[tick.instrument].first, table[tick.instrument].last
    while at < last and steps[at + 1].from_ns <= channel_ns:
        at += 1
    return 0 if _is_on_step(tick.price, steps[at]) else _OFF_STEP


@kernel(schemas.records)
def _status_fault(tick):  # type: ignore[no-untyped-def]
    if not ALL_STREAMS <= tick.price <= _LEVEL:
        return _BAD_PRICE
    return 0 if _STATUS_FIRST <= tick.size <= _STATUS_LAST else _BAD_SIZE


@kernel(schemas.records)
def _fault(tick, table, steps, channel_ns):  # type: ignore[no-untyped-def]
    """The fault of one record, 0 if none; `channel_ns` is the time before it."""
    if tick.kind > _HEARTBEAT:
        return _BAD_KIND
    if tick.kind == _HEARTBEAT:
        if tick.instrument != NO_INSTRUMENT:
            return _UNKNOWN_INSTRUMENT
    elif tick.instrument >= table.shape[0] or table[tick.instrument].known == 0:
        return _UNKNOWN_INSTRUMENT
    if tick.side > _NONE or (tick.kind == _LEVEL and tick.side == _NONE):
        return _BAD_SIDE
    if not 0 < tick.receive_ns < VALUE_END or not 0 <= tick.venue_ns < VALUE_END:
        return _BAD_TIME
    if channel_ns > 0 and tick.receive_ns - channel_ns > AHEAD_NS_MAX:
        return _BAD_TIME
    if tick.kind == _HEARTBEAT:
        return 0
    if tick.kind == _STATUS:
        return _status_fault(tick)
    priced = tick.size != 0 or tick.kind == _TRADE or tick.kind == _LEVEL
    fault = _price_fault(tick, table, steps, max(channel_ns, tick.receive_ns)) if priced else 0
    if fault != 0:
        return fault
    smallest = 1 if tick.kind == _TRADE else 0
    return 0 if smallest <= tick.size < VALUE_END else _BAD_SIZE


@kernel(schemas.records)
def _is_plain(tick, known, step, channel_ns):  # type: ignore[no-untyped-def]
    """Whether it is at once clear that `_fault` finds nothing, as of nearly every record.

    Takes records, not arrays: an array that is passed on costs two atomic counts of its references.
    """
    if tick.kind > _ASK or tick.side > _NONE or not known.has_one_step:
        return False
    # The bits of all four together are below 2^62 only if each number is; a negative one has the highest bit.
    if np.uint64(tick.receive_ns | tick.venue_ns | tick.size | tick.price) >= np.uint64(VALUE_END):
        return False
    if min(channel_ns, tick.receive_ns, tick.size, tick.price) <= 0 or tick.receive_ns - channel_ns > AHEAD_NS_MAX:
        return False
    return _is_on_step(tick.price, step)


@kernel(schemas.records)
def _suspect(tick, table, position, fault, suspects, at):  # type: ignore[no-untyped-def]
    """Mark the instrument of a refused record, where it names one of ours."""
    if tick.instrument >= table.shape[0] or table[tick.instrument].known == 0:
        return at
    suspect = suspects[at]
    suspect.position, suspect.instrument, suspect.fault = position, tick.instrument, fault
    return at + 1


@kernel(schemas.records)
def validate(  # type: ignore[no-untyped-def]
    ticks, position, table, steps, head, venue_ns, refused, faults, suspects, backwards
):
    """Counts of refused records, of suspects and of steps back of venue time; the arrays hold them."""
    refusals = suspicions = steps_back = 0
    channel_ns = head[0].channel_ns
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        is_plain = False
        if tick.instrument < table.shape[0]:
            known = table[tick.instrument]
            is_plain = _is_plain(tick, known, steps[known.first], channel_ns)
        if not is_plain:
            fault = _fault(tick, table, steps, channel_ns)
            if fault != 0:
                suspicions = _suspect(tick, table, position + i - refusals, fault, suspects, suspicions)
                refused[refusals] = i
                faults[refusals] = fault
                refusals += 1
                continue
        channel_ns = max(channel_ns, tick.receive_ns)
        if tick.kind > _LEVEL or tick.venue_ns == 0:
            continue
        stream = tick.kind + 1 >> 1  # TRADE 0, BID and ASK 1, LEVEL 2
        if tick.venue_ns < venue_ns[tick.instrument, stream]:
            backwards[steps_back] = i - refusals
            steps_back += 1
        venue_ns[tick.instrument, stream] = tick.venue_ns
    head[0].channel_ns = channel_ns
    return refusals, suspicions, steps_back
