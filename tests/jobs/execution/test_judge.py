"""The gateway's own view: every reason of its own, and the account limits over what its ledger holds."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from jobs.adapters.ledger import Ledger
from jobs.execution.flag import Flag, FlagState
from jobs.execution.judge import Judge
from jobs.execution.watch import Watch
from schemas.control import Control, Epoch, Halt, NewLimits, Resume, control_frame
from schemas.frame import Frame, encode, log_tag
from schemas.records import TICK, Kind, Side
from schemas.topics import Source
from schemas.trading import Reason, Stamps, canonical_order
from tests.jobs.execution.world import BID, LOG_ID, NOW_NS, Double, config, make_order, mark_frame, opening


class Bench:
    """A judge over a real ledger."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self.config = config(**limits)
        self.ledger = Ledger(folder / "ledger.db", self.config.universe)
        self.watch, self.flag = Watch(self.config.universe, {}), Flag(folder)
        for channel in (0, 1):
            for offset, data in enumerate(opening(self.config, channel)):
                self.watch.log(channel, offset, data)
        self.watch.mark(0, mark_frame())
        self.ledger.outbox.announce(self.watch.log_ids())
        self.judge = Judge(self.ledger, self.watch, self.flag, self.config.gateway.limits, self.config.universe)
        self.broker = Double(self.config, {})

    def ask(self, n: int = 1, **changes: Any) -> Reason:
        return self.judge.judge(make_order(n, **changes))

    def fill(self, n: int, settle: bool = True, **changes: Any) -> None:
        order = make_order(n, **changes)
        stamps = Stamps(published_ns=1, received_ns=1, decided_ns=1)
        self.ledger.receive(order, canonical_order(order), stamps, 1, (0, n))
        self.ledger.send(order, NOW_NS, 1, 1)
        if settle:
            self.ledger.apply(order, self.broker.submit(order), 2)

    def heartbeat(self, at_ns: int) -> None:
        tick = np.zeros(1, TICK)
        tick["receive_ns"] = at_ns
        self.watch.log(0, 99, encode(Frame(Kind.HEARTBEAT, 0, Source.FEED, 1, 0, tick, log=log_tag(LOG_ID))))


def operated(*controls: Control, channel: int = 0) -> list[bytes]:
    """The operator's announcement and its controls."""
    given = [Epoch(source=Source.OPERATOR, epoch=1), *controls]
    place = {"channel": channel, "source": Source.OPERATOR, "epoch": 1, "log": log_tag(LOG_ID)}
    return [encode(control_frame(one, sequence=number, **place)) for number, one in enumerate(given)]


@pytest.fixture
def bench(folder: Path) -> Bench:
    return Bench(folder)


def test_passes(bench: Bench) -> None:
    assert bench.ask() is Reason.NONE


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"term": 2}, Reason.WRONG_TERM),
        ({"instrument": 4}, Reason.UNKNOWN_INSTRUMENT),
        ({"instrument": -1}, Reason.UNKNOWN_INSTRUMENT),
        ({"instrument": 2}, Reason.UNKNOWN_INSTRUMENT),  # of channel 1
        ({"instrument": 1, "price": 600_000, "size": 2}, Reason.NO_MARK),
        ({"valid_until_ns": NOW_NS}, Reason.NONE),
        ({"valid_until_ns": NOW_NS - 1}, Reason.EXPIRED),
        ({"price": 9_000_000}, Reason.COLLAR),
        ({"size": 1}, Reason.BAD_SIZE),
        ({"size": 834_000}, Reason.ORDER_NOTIONAL),  # 500.40 USDT
        ({"side": Side.SELL, "price": BID}, Reason.SHORT_SALE),
    ],
)
def test_reasons(bench: Bench, changes: dict[str, Any], reason: Reason) -> None:
    assert bench.ask(**changes) is reason


def test_time_is_what_the_gateway_itself_has_seen(bench: Bench) -> None:
    order = {"valid_until_ns": NOW_NS + 10**11}
    bench.heartbeat(NOW_NS + 3_000_000_000)
    assert bench.ask(**order) is Reason.NONE
    bench.heartbeat(NOW_NS + 3_000_000_001)
    assert bench.ask(**order) is Reason.STALE
    bench.watch.mark(0, mark_frame(at_ns=NOW_NS + 3_000_000_001))
    assert bench.ask(**order) is Reason.NONE
    bench.watch.mark(0, mark_frame(bid=1, at_ns=NOW_NS))  # an older mark does not count
    assert bench.ask(**order) is Reason.NONE


def test_halts(bench: Bench, folder: Path) -> None:
    bench.flag.write(FlagState(halted=True, by="t", reason="drill", wall_ns=5))
    assert bench.ask() is Reason.HALTED and Flag(folder).read().reason == "drill"
    bench.flag.write(FlagState(halted=False, by="t", wall_ns=6))
    assert bench.ask() is Reason.NONE
    bench.ledger.halt("wrong", 7)  # a halt that the ledger remembers although the flag was lost
    assert bench.ask() is Reason.HALTED
    bench.flag.write(FlagState(halted=False, by="t", wall_ns=8))
    assert bench.ask() is Reason.NONE
    for wreck in (b"", b"{", b"\xff", b'{"halted":false,"more":1}'):
        bench.flag.path.write_bytes(wreck)
        assert bench.ask() is Reason.HALTED


def test_halt_in_the_log(bench: Bench) -> None:
    announced, halted, resumed = operated(Halt(by="t", reason="r"), Resume(by="t"))
    bench.watch.log(0, 3, announced)
    bench.watch.log(0, 3, halted)
    assert bench.ask() is Reason.HALTED
    bench.watch.log(0, 4, resumed)
    bench.watch.log(0, 5, halted)  # a repeat
    assert bench.ask() is Reason.NONE


def test_only_the_operator_resumes(bench: Bench) -> None:
    halted, resumed = opening(bench.config, 0, Halt(by="t", reason="r"), Resume(by="t"))[3:]
    bench.watch.log(0, 3, halted)
    bench.watch.log(0, 4, resumed)
    assert bench.ask() is Reason.HALTED


def test_a_limits_control_makes_the_gateway_stricter_at_once_and_never_more_lenient(bench: Bench) -> None:
    order = {"size": 800_000}  # 480 USDT
    own = bench.config.gateway.limits
    limits = [
        NewLimits(limits=msgspec.structs.replace(own, money=(msgspec.structs.replace(own.money[0], **changed),)))
        for changed in ({"order_notional_max": 400 * 10**8}, {"order_notional_max": 10_000 * 10**8})
    ]
    announced, strict, lenient = operated(*limits)
    for data, reason in ((announced, Reason.NONE), (strict, Reason.ORDER_NOTIONAL), (lenient, Reason.NONE)):
        bench.watch.log(0, 3, data)
        assert bench.ask(**order) is reason
    assert bench.ask(size=834_000) is Reason.ORDER_NOTIONAL  # the gateway's own still holds
    kept = Watch(bench.config.universe, bench.watch.dump())
    assert kept.channels == bench.watch.channels


def test_limits_of_one_channel_count_that_channel_only(bench: Bench) -> None:
    bench.fill(1)
    bench.fill(2)
    for channel in (0, 1):
        strict = NewLimits(limits=msgspec.structs.replace(bench.config.gateway.limits, orders_per_minute_max=2))
        for data in operated(strict, channel=channel):
            bench.watch.log(channel, 3, data)
    bench.watch.mark(1, mark_frame(2, 1))
    assert bench.ask(3) is Reason.ORDER_RATE
    assert bench.ask(3, channel=1, instrument=2, size=200_000) is Reason.NONE


def test_positions_are_the_accounts(bench: Bench) -> None:
    bench.fill(1, size=800_000)  # 480 USDT
    bench.fill(2, size=800_000)
    assert int(bench.ledger.accounts()[0]["size"]) == 1_600_000
    assert bench.ask(3, size=60_000) is Reason.NONE
    assert bench.ask(3, size=80_000) is Reason.POSITION_NOTIONAL
    bench.fill(3, settle=False, size=50_000)  # offered, not answered
    assert bench.ask(4, size=60_000) is Reason.POSITION_NOTIONAL
    bench.fill(4, settle=False, side=Side.SELL, price=BID, size=50_000)  # may never fill: no room for more
    assert bench.ask(5, size=60_000) is Reason.POSITION_NOTIONAL
    assert bench.ask(5, size=10_000) is Reason.NONE
    assert bench.ask(5, side=Side.SELL, price=BID, size=800_000) is Reason.NONE


def test_rate_and_open_orders(folder: Path) -> None:
    bench = Bench(folder, orders_per_minute_max=3, open_orders_max=2)
    bench.fill(1)
    bench.fill(2, settle=False)
    assert bench.ask(3) is Reason.NONE
    bench.fill(3, settle=False)
    assert bench.ask(4) is Reason.ORDER_RATE
    later = {"valid_until_ns": NOW_NS + 10**12}
    bench.watch.mark(0, mark_frame(at_ns=NOW_NS + 60_000_000_000 - 1))
    assert bench.ask(4, **later) is Reason.ORDER_RATE
    bench.watch.mark(0, mark_frame(at_ns=NOW_NS + 60_000_000_000))
    assert bench.ask(4, **later) is Reason.OPEN_ORDERS


def test_losses_of_the_account(bench: Bench) -> None:
    bench.fill(1, size=800_000)
    bench.fill(2, size=800_000)
    bench.watch.mark(0, mark_frame(bid=BID - 1_200_000, ask=BID - 1_199_999))  # 20 % of 960 USDT, and fees
    assert bench.ask(3, price=BID - 1_199_999) is Reason.NONE
    bench.watch.mark(0, mark_frame(bid=BID - 1_300_000, ask=BID - 1_299_999))
    assert bench.ask(3, price=BID - 1_299_999) is Reason.LOSS
