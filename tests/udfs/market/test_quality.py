"""Quality against a list of rules, record by record."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import Fault
from schemas.features import SECOND_NS
from schemas.records import NO_INSTRUMENT, TICK, Kind, Status, TickKind
from tests.udfs.market.logs import CHANNEL, START_NS, STEP_CHANGE_NS, Segment, play, real, segments, term, universe
from udfs.machine import Batch
from udfs.market.quality import AHEAD_NS_MAX, STEP, Quality, _is_on_step, divisor

KNOWN = {one.number: one for one in universe().of_channel(CHANNEL)}
STREAM = {TickKind.TRADE: 0, TickKind.BID: 1, TickKind.ASK: 1, TickKind.LEVEL: 2}
LIMIT = 2**62


def rule(tick: np.void, channel_ns: int) -> int:
    """The first fault of a record, written as the rules are told."""
    kind, price, size, number = (int(tick[name]) for name in ("kind", "price", "size", "instrument"))
    is_quote_without_side = kind in (TickKind.BID, TickKind.ASK) and size == 0
    instrument_ok = number == NO_INSTRUMENT if kind == TickKind.HEARTBEAT else number in KNOWN
    price_ok, size_ok, step_ok = True, True, True
    if kind == TickKind.STATUS:
        price_ok, size_ok = -1 <= price <= TickKind.LEVEL, size in set(Status)
    elif kind != TickKind.HEARTBEAT and instrument_ok:
        now_ns = max(channel_ns, int(tick["receive_ns"]))
        price_ok = is_quote_without_side or 0 < price < LIMIT
        step_ok = is_quote_without_side or price % KNOWN[number].tick_size_at(now_ns) == 0
        size_ok = (size > 0 if kind == TickKind.TRADE else size >= 0) and size < LIMIT
    ahead = channel_ns and tick["receive_ns"] - channel_ns > 8 * 24 * 3600 * SECOND_NS
    time_ok = 0 < tick["receive_ns"] < LIMIT and 0 <= tick["venue_ns"] < LIMIT and not ahead
    checks = [
        (kind <= TickKind.HEARTBEAT, Fault.BAD_KIND),
        (instrument_ok, Fault.UNKNOWN_INSTRUMENT),
        (tick["side"] <= (1 if kind == TickKind.LEVEL else 2), Fault.BAD_SIDE),
        (time_ok, Fault.BAD_TIME),
        (price_ok, Fault.BAD_PRICE),
        (step_ok, Fault.OFF_STEP_PRICE),
        (size_ok, Fault.BAD_SIZE),
    ]
    return next((int(fault) for ok, fault in checks if not ok), 0)


def judge(parts: list[Segment]) -> dict[str, list]:
    """What quality must find in a log."""
    found: dict[str, list] = {name: [] for name in ("ticks", "refused", "faults", "suspects", "backwards")}
    channel_ns, last = 0, {}
    for place, tick in enumerate(tick for part in parts for tick in part.ticks):
        fault = rule(tick, channel_ns)
        if fault:
            found["refused"].append(place)
            found["faults"].append(fault)
            if int(tick["instrument"]) in KNOWN:
                found["suspects"].append((len(found["ticks"]), int(tick["instrument"]), fault))
            continue
        channel_ns = max(channel_ns, int(tick["receive_ns"]))
        stream = (int(tick["instrument"]), STREAM.get(int(tick["kind"])))
        if tick["venue_ns"] and stream[1] is not None:
            if tick["venue_ns"] < last.get(stream, 0):
                found["backwards"].append(len(found["ticks"]))
            last[stream] = int(tick["venue_ns"])
        found["ticks"].append(tick)
    return found


def check(parts: list[Segment]) -> None:
    found, made = judge(parts), play([Quality(term(), CHANNEL)], parts)
    assert made["ticks"].tobytes() == np.array(found["ticks"], TICK).tobytes()
    for name in ("refused", "faults", "backwards", "suspects"):
        assert made[name].tolist() == found[name], name


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments())
def test_as_the_rules_say(parts: list[Segment]) -> None:
    check(parts)


def test_real_ticks_pass() -> None:
    parts = real()
    check(parts)
    assert len(play([Quality(term(), CHANNEL)], parts)["refused"]) == 0


def one_tick(**fields: int) -> np.ndarray:
    tick = np.zeros(1, TICK)
    good = {"venue_ns": START_NS, "receive_ns": START_NS, "price": 20, "size": 1, "kind": TickKind.TRADE, "flags": 1}
    for name, value in (good | fields).items():
        tick[name] = value
    return tick


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, 0),
        ({"kind": 6}, Fault.BAD_KIND),
        ({"instrument": 2}, Fault.UNKNOWN_INSTRUMENT),
        ({"instrument": 5}, Fault.UNKNOWN_INSTRUMENT),
        ({"instrument": NO_INSTRUMENT}, Fault.UNKNOWN_INSTRUMENT),
        ({"instrument": 0, "kind": TickKind.HEARTBEAT}, Fault.UNKNOWN_INSTRUMENT),
        ({"instrument": NO_INSTRUMENT, "kind": TickKind.HEARTBEAT, "price": 0, "size": 0}, 0),
        ({"side": 3}, Fault.BAD_SIDE),
        ({"side": 2, "kind": TickKind.LEVEL}, Fault.BAD_SIDE),
        ({"receive_ns": 0}, Fault.BAD_TIME),
        ({"receive_ns": 2**62}, Fault.BAD_TIME),
        ({"venue_ns": -1}, Fault.BAD_TIME),
        ({"price": 0}, Fault.BAD_PRICE),
        ({"price": 2**62}, Fault.BAD_PRICE),
        ({"price": 0, "kind": TickKind.BID}, Fault.BAD_PRICE),
        ({"price": 0, "size": 0, "kind": TickKind.BID}, 0),
        ({"price": 0, "size": 0, "kind": TickKind.LEVEL}, Fault.BAD_PRICE),
        ({"size": 0, "kind": TickKind.LEVEL}, 0),
        ({"price": 24, "instrument": 1}, Fault.OFF_STEP_PRICE),
        ({"price": 24, "instrument": 1, "receive_ns": STEP_CHANGE_NS}, 0),
        ({"price": 30, "instrument": 1, "receive_ns": STEP_CHANGE_NS}, Fault.OFF_STEP_PRICE),
        ({"size": 0}, Fault.BAD_SIZE),
        ({"size": -1, "kind": TickKind.ASK}, Fault.BAD_SIZE),
        ({"size": 2**62}, Fault.BAD_SIZE),
        ({"kind": TickKind.STATUS, "price": -1, "size": Status.GAP}, 0),
        ({"kind": TickKind.STATUS, "price": 4, "size": Status.GAP}, Fault.BAD_PRICE),
        ({"kind": TickKind.STATUS, "price": 0, "size": 4}, Fault.BAD_SIZE),
    ],
)
def test_each_fault_by_name(fields: dict[str, int], fault: int) -> None:
    made = play([Quality(term(), CHANNEL)], [Segment(False, one_tick(**fields))])
    assert made["faults"].tolist() == ([fault] if fault else [])


def test_time_far_ahead_is_refused_once_a_time_is_known() -> None:
    ahead = one_tick(receive_ns=START_NS + AHEAD_NS_MAX + 1)
    assert play([Quality(term(), CHANNEL)], [Segment(False, ahead)])["faults"].tolist() == []
    late = play([Quality(term(), CHANNEL)], [Segment(False, np.concatenate([one_tick(), ahead]))])
    assert late["faults"].tolist() == [Fault.BAD_TIME]
    just = one_tick(receive_ns=START_NS + AHEAD_NS_MAX)
    assert play([Quality(term(), CHANNEL)], [Segment(False, np.concatenate([one_tick(), just]))])["faults"].size == 0


def test_a_clean_frame_is_passed_on_without_a_copy() -> None:
    quality, ticks = Quality(term(), CHANNEL), one_tick()
    batch = Batch(CHANNEL, Kind.TICKS, 7, 1)
    batch["ticks"] = ticks
    quality.step(quality.initial(), batch)
    assert batch["ticks"] is ticks
    assert batch.count == 1


def test_a_frame_larger_than_the_scratch() -> None:
    ticks = np.repeat(one_tick(size=0), 5000)
    made = play([Quality(term(), CHANNEL)], [Segment(False, ticks)])
    assert made["refused"].tolist() == list(range(5000))
    assert made["suspects"]["position"].tolist() == [0] * 5000


@given(
    price=st.integers(1, LIMIT - 1),
    step=st.one_of(st.integers(1, 1000), st.sampled_from([10**8, 2**40, 3 * 2**20, LIMIT - 1]), st.integers(1, LIMIT)),
    multiple=st.booleans(),
)
def test_multiples_of_a_step_are_known_without_a_division(price: int, step: int, multiple: bool) -> None:
    price = max(price // step, 1) * step if multiple else price
    assert bool(_is_on_step(price, np.array([(0, *divisor(step))], STEP)[0])) == (price % step == 0)
