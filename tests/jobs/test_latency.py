"""The latency ledger joins all stamps by order, and shows what is missing as missing."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from jobs.adapters.ledger import Ledger
from jobs.gateway import LEDGER
from jobs.latency import PICTURE, hops, latency, stamps
from jobs.results.store import open_archive
from schemas.frame import Frame, Records, decode, encode
from schemas.records import CLOCK, FEED_KINDS, Kind, TickFlag
from schemas.topics import DECISIONS, ORDERS, STAMPS, TICKS, Source
from schemas.trading import Order, Reason, Stamps, canonical_order, order_message, read_order_message
from tests.builders import LOG_ID, START_NS, demo, demo_resources
from tests.jobs.archived import archive
from tests.jobs.warehouse.lists import Topics
from tests.udfs.features.test_columns import by_block
from udfs.channel import Channel
from udfs.flink import origin

FIRST_NS, BEGIN_NS, PACE = START_NS, 1_800_000_000_000_000_000, 4.0
FEED_NS = START_NS + 8_000_000
DUE_NS = BEGIN_NS + 2_000_000  # 8 ms of the past, four times as fast
MADE = Stamps(
    published_ns=DUE_NS + 100, received_ns=DUE_NS + 300, decided_ns=DUE_NS + 900, feed_ns=FEED_NS, feed_epoch=1
)
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def stamped(topics: Topics, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A run in whose channel 0 one order was sent, one vetoed, one is still open, and the rest is not stamped."""
    folder = tmp_path_factory.mktemp("stamped")
    orders = [read_order_message(data)[0] for data in topics[ORDERS.name][0]]
    told = [order_message(order, MADE if place < 3 else None) for place, order in enumerate(orders)]
    clock = Frame(Kind.CLOCK, 0, Source.FEED, 1, 0, np.array([(FIRST_NS, BEGIN_NS, PACE)], CLOCK))
    changed = {
        **topics,
        ORDERS.name: {0: told, 1: []},
        STAMPS.name: {0: [encode(clock), *_gateway(folder, orders)], 1: []},
    }
    archive(changed, folder)
    return folder, len(orders)


def _gateway(folder: Path, orders: list[Order]) -> Iterator[bytes]:
    """What a gateway tells of two orders: one it sends and loses, one it vetoes; a third is still open."""
    with closing(Ledger(folder / LEDGER, demo().universe)) as ledger:
        ledger.outbox.announce({0: LOG_ID})
        for place, order in enumerate(orders[:3]):
            ledger.receive(order, canonical_order(order), None, MADE.decided_ns + 1_000, (0, place))
        ledger.send(orders[0], order.decided_ns, MADE.decided_ns + 3_000, MADE.decided_ns + 7_000)
        ledger.never_sent(orders[0], Reason.NEVER_SENT, 1, MADE.decided_ns + 9_000)
        ledger.veto(orders[1], Reason.STALE, 1, MADE.decided_ns + 8_000)
        ledger.send(orders[2], order.decided_ns, MADE.decided_ns + 3_000, MADE.decided_ns + 7_000)
        waiting = ledger.outbox.waiting({0: LOG_ID})
    yield from (encode(one.frame) for one in waiting if one.topic == STAMPS.name)


def test_every_stamp_is_joined_by_order(stamped: tuple[Path, int]) -> None:
    folder, count = stamped
    with open_archive(folder) as store:
        found = {hop.name: (hop.samples_ns.tolist(), hop.missing) for hop in hops(stamps(store))}
    assert found["feed received → published"] == ([100] * 3, count - 3)
    assert found["published → trade received"] == ([200] * 3, count - 3)
    assert found["trade received → decided"] == ([600] * 3, count - 3)
    assert found["decided → gateway received"] == ([1_000] * 2, count - 2)
    assert found["gateway received → ledger synced"] == ([2_000], count - 1)
    assert found["ledger synced → sent"] == ([4_000], count - 1)
    assert found["sent → acknowledged"] == ([], count)


def test_the_venues_hop_is_that_of_the_last_tick_of_the_bar(stamped: tuple[Path, int], topics: Topics) -> None:
    """Beside the oracle: the channel's ticks, one by one."""
    ticks = [one for data in topics[TICKS.name][0] for one in _ticks(decode(data))]
    expected = {}
    for data in topics[ORDERS.name][0]:
        order = read_order_message(data)[0]
        second = range(order.decided_ns - SECOND_NS, order.decided_ns)
        known = [one for one in ticks if one["instrument"] == order.instrument and int(one["receive_ns"]) in second]
        known = [one for one in known if one["venue_ns"] and not one["flags"] & TickFlag.REFERENCE]
        last = known[-1] if known else {"venue_ns": None, "receive_ns": None}
        expected[order.id] = (last["venue_ns"], last["receive_ns"])
    with open_archive(stamped[0]) as store:
        rows = store.ask("SELECT order_id, venue_ns, tick_ns FROM latency").to_pylist()
    assert {row["order_id"]: (row["venue_ns"], row["tick_ns"]) for row in rows} == expected
    assert any(row["venue_ns"] for row in rows)


def _ticks(frame: Frame) -> Iterator[Records]:
    if frame.kind == Kind.TICKS:
        yield from frame.records


def test_sql_says_null_and_never_zero(stamped: tuple[Path, int]) -> None:
    folder, _ = stamped
    with open_archive(folder) as store:
        rows = store.ask("SELECT * FROM latency ORDER BY channel, order_id").to_pylist()
    assert not any(value == 0 for row in rows for name, value in row.items() if name.endswith("_ns"))
    vetoed = next(row for row in rows if row["gateway_received_ns"] and not row["sent_ns"])
    assert (vetoed["synced_ns"], vetoed["acknowledged_ns"]) == (None, None)
    assert vetoed["final_ns"] == MADE.decided_ns + 8_000


def test_a_feed_without_a_pace_is_not_brought_to_the_wall_clock(topics: Topics, tmp_path: Path) -> None:
    order = read_order_message(topics[ORDERS.name][0][0])[0]
    archive({**topics, ORDERS.name: {0: [order_message(order, MADE)], 1: []}}, tmp_path)
    with open_archive(tmp_path) as store:
        [row] = store.ask("SELECT feed_ns, feed_due_ns FROM latency").to_pylist()
    assert (row["feed_ns"], row["feed_due_ns"]) == (FEED_NS, None)


def test_without_a_gateway_its_hops_are_missing_and_not_zero(
    archived_run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert latency(archived_run) == 0
    lines = {line.partition("  ")[0].strip(): line for line in capsys.readouterr().out.splitlines()}
    assert "6.000 ms" in lines["trade received → decided"]
    assert "missing" in lines["sent → acknowledged"]
    assert "missing" in lines["feed received → published"]
    assert "0.000 ms" not in lines["sent → acknowledged"]
    assert (archived_run / PICTURE).read_text().startswith("<svg")


def without_heartbeats(frames: list[Frame]) -> Iterator[Frame]:
    """The same log of a feed that is never silent: ticks, not heartbeats, close its bars."""
    left_out = 0
    for frame in frames:
        if frame.kind == Kind.HEARTBEAT:
            left_out += 1
        else:
            yield replace(frame, sequence=frame.sequence - left_out if frame.source == Source.FEED else frame.sequence)


@pytest.mark.parametrize(("repeated", "is_block"), [(False, False), (True, False), (False, True)])
def test_the_origin_of_an_order_is_the_record_at_its_decisions_position(
    topics: Topics, repeated: bool, is_block: bool
) -> None:
    """Beside the oracle: all records of the log in one array."""
    channel = Channel(0, demo_resources())
    state, log, compared = channel.initial(), [], 0
    frames = [decode(data) for data in topics[TICKS.name][0]]
    kinds = set()  # of the frames at which an order was decided
    for frame in by_block([*without_heartbeats(frames)]) if is_block else frames:
        fresh = frame.records
        if repeated and log and frame.kind == Kind.TICKS:  # a writer that sends its last record once more, first
            before = log[-1]
            if before is not None and frame.sequence:
                whole = np.concatenate([np.array([before], frame.records.dtype), frame.records])
                frame = replace(frame, sequence=frame.sequence - 1, records=whole)
        output = channel.step(state, encode(frame))
        log += list(fresh) if frame.kind in FEED_KINDS else [None] * len(fresh)
        for order in output.orders:
            decisions = next(frame.records for topic, frame in output.frames if topic == DECISIONS)
            [position] = decisions["position"][decisions["number"] == order.decision].tolist()
            record = log[position]
            found = origin(order, output, frame, state.ledger.position)
            assert found == {"feed_ns": int(record["receive_ns"]), "feed_epoch": frame.epoch}
            kinds.add(frame.kind)
            compared += 1
    assert compared > 3 and (Kind.PREPROCESSED in kinds) == is_block
