"""The gateway's page after a life of it: what ledger and gate hold is what it tells."""

from pathlib import Path

import pytest

from jobs.adapters.ledger import Ledger
from jobs.adapters.metrics import Page
from jobs.execution.flag import FlagState
from jobs.execution.pair import Pair
from jobs.observation.gateway import GatewayPage
from schemas import metrics
from schemas.trading import Stamps, order_message
from tests.jobs.execution.world import ASK, BID, Fuse, World, make_order, mark_frame

STAMPS = Stamps(published_ns=1_000, received_ns=3_000, decided_ns=9_000)


def test_orders_limits_latency_and_halt(tmp_path: Path):
    orders = [make_order(1), make_order(2, price=9_000_000), make_order(3)]
    world = World(tmp_path, [order_message(one, STAMPS) for one in orders], moods={})
    world.clock = iter(range(1_000_000, 10**9, 1_000)).__next__
    ledger = Ledger(tmp_path / "ledger.db", world.config.universe)
    try:
        gate, watch = world._build(ledger, Fuse())
        pair = Pair((0, 1), {}, None)
        page = Page("gateway")
        told = GatewayPage(page, gate, gate._judge, watch, pair, tmp_path / "ledger.db")
        for channel in (0, 1):
            world.read_log(watch, channel)
            for instrument in (2 * channel, 2 * channel + 1):
                watch.mark(channel, mark_frame(instrument, channel))
        gate.start()
        for offset, data in enumerate(world.orders):
            gate.take(0, offset, data)
        told.fill()
        assert page.value(metrics.ORDERS, "sent", "none") == 2
        assert page.value(metrics.ORDERS, "vetoed", "collar") == 1
        assert page.value(metrics.ORDERS, "vetoed", "halted") == 0, "a reason that never came is told, too"
        assert page.value(metrics.IN_FLIGHT) == 0 and page.value(metrics.OUTBOX) > 0
        assert page.value(metrics.HALTED, 0) == page.value(metrics.HALTED, 1) == 0
        _hops_add_up(page)
        _shares_are_those_of_the_account(page, ledger, world)
        world.flag.write(FlagState(halted=True, by="test", reason="drill", wall_ns=1))
        told.fill()
        assert page.value(metrics.HALTED, 0) == page.value(metrics.HALTED, 1) == 1
    finally:
        ledger.close()


def _hops_add_up(page: Page) -> None:
    [kept] = page._counts.values()
    counts = {hop: sum(own[:-1]) for (hop,), own in kept.items()}
    assert counts == {
        "published_to_received": 3,
        "received_to_decided": 3,
        "decided_to_arrived": 3,
        "arrived_to_synced": 2,
        "synced_to_sent": 2,
        "sent_to_acknowledged": 2,
        "published_to_sent": 2,
        "published_to_acknowledged": 2,
    }, "a veto has no hops behind the gateway"
    assert kept["received_to_decided",][-1] == pytest.approx(3 * 6e-6)


def _shares_are_those_of_the_account(page: Page, ledger: Ledger, world: World) -> None:
    instrument, limits = world.config.universe.instruments[0], world.config.gateway.limits
    money = next(one for one in limits.money if one.currency == instrument.settle)
    held = int(ledger.accounts()[0]["size"])
    assert held == 20_000
    share = instrument.notional(ASK, held) / money.position_notional_max
    assert page.value(metrics.POSITION, f"{instrument.venue} {instrument.symbol}") == share > 0
    lost = instrument.notional(ASK, held) - instrument.notional(BID, held) + int(ledger.accounts()[0]["fees"])
    assert page.value(metrics.LOSS, instrument.settle) == pytest.approx(lost / money.loss_max, rel=1e-6)
