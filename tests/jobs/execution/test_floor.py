"""The simulated exchange: orders wait for channel time, are executed once, journalled first, and survive a restart."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from jobs.adapters.journal import Journal, read_journal
from jobs.execution.floor import Floor
from schemas.control import Epoch, control_frame
from schemas.errors import BrokerRefused
from schemas.frame import Frame, Records, encode, log_tag
from schemas.records import TICK, Kind, Side, TickFlag, TickKind
from schemas.topics import Source
from schemas.trading import Order, Reason, ReportKind
from tests.jobs.execution.world import ASK, BID, LOG_ID, NOW_NS, config, make_order, opening

LATENCY_NS = config().exchange.order_latency_ns
PATIENCE_S = 0.15


class Market:
    """A floor with the log of channel 0, quoted by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sequence = folder, 1
        announced = Epoch(source=Source.FEED, epoch=1)
        feed = control_frame(announced, channel=0, source=Source.FEED, epoch=1, sequence=0, log=log_tag(LOG_ID))
        self.logged = [*opening(config(), 0), encode(feed)]
        self.open()
        self.quote(NOW_NS)

    def open(self) -> None:
        self.journal = Journal(self.folder / "exchange.journal")
        self.floor = Floor((0,), self.journal, PATIENCE_S, time.monotonic)
        for data in self.logged:
            self.floor.log(0, data)

    def close(self) -> None:
        self.journal.close()

    def quote(self, at_ns: int, size: int = 50_000) -> None:
        ticks = np.zeros(2, TICK)
        ticks[0] = (0, at_ns, BID, size, 0, TickKind.BID, Side.NONE, 0)
        ticks[1] = (0, at_ns, ASK, size, 0, TickKind.ASK, Side.NONE, TickFlag.LAST)
        frame = Frame(Kind.TICKS, 0, Source.FEED, 1, self.sequence, ticks, log=log_tag(LOG_ID))
        self.sequence += 2
        self.logged.append(encode(frame))
        self.floor.log(0, self.logged[-1])

    def submit(self, order: Order, at_ns: int = NOW_NS + LATENCY_NS) -> list[str]:
        """Offer an order; channel time reaches `at_ns` while it waits."""
        told: list[Records] = []
        thread = threading.Thread(target=lambda: told.append(self.floor.submit(order)))
        thread.start()
        deadline = time.monotonic() + 5
        while order.id not in self.floor._waiting and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.001)
        self.floor.execute()
        if at_ns > NOW_NS:
            self.quote(at_ns)
        while thread.is_alive() and time.monotonic() < deadline:
            self.floor.execute()
            time.sleep(0.001)
        thread.join(1)
        return kinds(told[0])


def kinds(reports: Records) -> list[str]:
    return [ReportKind(int(kind)).name for kind in reports["kind"]]


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    made = Market(tmp_path)
    yield made
    made.close()


def test_an_order_is_executed_when_channel_time_reaches_it(market: Market) -> None:
    order = make_order(1)
    assert market.submit(order) == ["ACCEPTED", "FILL"]
    found = market.floor.query(order.id)
    assert found is not None and found["broker_ns"].tolist() == [NOW_NS + LATENCY_NS] * 2
    [entry] = read_journal(market.folder / "exchange.journal")
    assert entry.id == order.id


def test_before_its_time_it_waits_and_can_be_taken_back(market: Market) -> None:
    order = make_order(1)
    thread = threading.Thread(target=lambda: market.floor.submit(order))
    thread.start()
    while market.floor.query(order.id) is None:
        time.sleep(0.001)
    assert market.floor.execute() == 0
    found = market.floor.query(order.id)
    assert found is not None and len(found) == 0
    taken_back = market.floor.cancel(order.id)
    assert taken_back is not None and kinds(taken_back) == ["CANCELLED"]
    thread.join(2)
    assert market.floor.execute() == 0


def test_a_log_at_rest_does_not_hold_an_order_for_ever(market: Market) -> None:
    begun = time.monotonic()
    assert market.submit(make_order(1), at_ns=NOW_NS) == ["ACCEPTED", "FILL"]
    assert time.monotonic() - begun >= PATIENCE_S


def test_the_same_order_again_is_answered_from_the_journal(market: Market) -> None:
    order = make_order(1)
    first = market.submit(order)
    assert kinds(market.floor.submit(order)) == first and len(market.journal) == 1
    other = market.floor.submit(make_order(1, size=20_000))
    assert kinds(other) == ["REJECTED"] and other[0]["reason"] == Reason.DUPLICATE_ID
    market.close()
    market.open()
    assert kinds(market.floor.submit(order)) == first
    found = market.floor.query(order.id)
    assert found is not None and kinds(found) == first
    assert len(read_journal(market.folder / "exchange.journal")) == 1


def test_a_buried_id_is_never_taken(market: Market) -> None:
    assert market.floor.query("probe-0-1-1") is None
    assert market.floor.cancel("probe-0-1-1") is None
    refused = market.floor.submit(make_order(1))
    assert kinds(refused) == ["REJECTED"] and refused[0]["reason"] == Reason.REFUSED
    market.close()
    market.open()
    assert kinds(market.floor.submit(make_order(1))) == ["REJECTED"]
    assert market.floor.query("probe-0-1-1") is None and market.floor.cancel("probe-0-1-1") is None


def test_what_was_taken_is_gone_until_the_next_quote(market: Market) -> None:
    assert market.submit(make_order(1, size=50_000)) == ["ACCEPTED", "FILL"]
    assert market.submit(make_order(2), at_ns=0) == ["ACCEPTED", "EXPIRED"]
    market.quote(NOW_NS + 2 * LATENCY_NS, size=49_000)
    assert market.submit(make_order(3), at_ns=0) == ["ACCEPTED", "FILL"]


def test_refusals(market: Market) -> None:
    with pytest.raises(BrokerRefused, match="channel 1"):
        market.floor.submit(make_order(1, channel=1, instrument=2))
    assert market.submit(make_order(2, term=2)) == ["REJECTED"]
    assert market.submit(make_order(3, instrument=2), at_ns=0) == ["REJECTED"]
    of_another_log = Frame(Kind.TICKS, 0, Source.FEED, 1, market.sequence, np.zeros(1, TICK), log=1)
    market.floor.log(0, encode(of_another_log))  # the channel trusts nothing any more
    assert market.submit(make_order(4), at_ns=0) == ["REJECTED"]
