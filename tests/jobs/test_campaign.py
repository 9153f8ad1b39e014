"""A campaign's oracles and verdict: each of them is seen to fail on what it is there for."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from jobs.campaign.busy import busy_config
from jobs.campaign.oracles import Verdict, compared, fills, records, repeated, weighed
from jobs.campaign.plan import Strike, draw
from jobs.campaign.report import failed, show
from jobs.campaign.round import Round
from jobs.campaign.strikes import Struck
from jobs.execution.agreement import Story, agree
from jobs.execution.gate import Gate
from jobs.execution.watch import Watch
from jobs.reconcile import LEDGER, read_ledger
from schemas.config import load
from schemas.errors import Unsafe
from schemas.frame import Frame, encode
from schemas.records import DECISION, Kind
from schemas.topics import DECISIONS, ORDERS, TICKS, Source
from schemas.trading import canonical_order, order_hash
from tests.jobs.execution.test_agreement import story
from tests.jobs.execution.world import Double, Fuse, World, config, make_order, message

CLEAN = (3, list[str](), list[str]())
ASKED = [message(make_order(n)) for n in (1, 2, 3)]
LOG = [(0, b"a"), (1, b"b"), (2, b"c")]


def verdict(books: Story, others: list[str] | None = None) -> Verdict:
    return weighed(agree(books), CLEAN, (0, []), others or [])


def harm(found: Verdict) -> int:
    return failed([Round((Struck(draw(1, seed=1)[0], 1.0, 1.0),), found)])


def test_a_run_in_order_has_no_fault() -> None:
    assert verdict(story()).faults == () and harm(verdict(story())) == 0


def test_a_doubled_order_is_harm() -> None:
    found = verdict(story(journal=lambda taken: [*taken, taken[0]]))
    assert found.doubled == ("order probe-0-1-1: 2 orders at the exchange",) and harm(found) == 1


def test_a_run_without_a_fill_shows_nothing() -> None:
    books = agree(story()._replace(ledger_executions=[], journal=[], log=story().log[-1:]))
    found = weighed(books, CLEAN, (0, []), [])
    assert "no order was filled" in found.faults[-1] and harm(found) == 1


def test_a_halt_is_harm() -> None:
    assert harm(verdict(story(), ["the gateway has halted"])) == 1


@pytest.mark.parametrize(
    "archived, lost, different",
    [
        (LOG, 0, 0),
        (LOG[:2], 1, 0),
        (LOG[1:], 0, 1),
        ([], 1, 0),
        ([*LOG, (3, b"d")], 0, 1),
        ([LOG[0], LOG[0], *LOG[1:]], 0, 1),
        ([LOG[0], (1, b"B"), LOG[2]], 0, 1),
        ([LOG[0], (2, b"b"), LOG[2]], 0, 1),
    ],
)
def test_the_archive_is_the_log(archived: list[tuple[int, bytes]], lost: int, different: int) -> None:
    found = compared("ticks.v1[0]", LOG, archived)
    assert (len(found[1]), len(found[2])) == (lost, different)
    assert harm(weighed(agree(story()), found, (0, []), [])) == bool(lost or different)


def decided(sequence: int, *instruments: int) -> bytes:
    rows = np.zeros(len(instruments), DECISION)
    rows["instrument"] = instruments
    return encode(Frame(Kind.DECISIONS, 0, Source.TRADE, 1, sequence, rows))


def test_what_is_decided_again_must_have_the_same_bytes() -> None:
    once = [decided(0, 1, 2), decided(2, 3)]
    assert repeated("decisions", records(DECISIONS, once)) == (0, [])
    assert repeated("decisions", records(DECISIONS, [*once, decided(1, 2, 3)])) == (2, [])  # cut elsewhere
    count, different = repeated("decisions", records(DECISIONS, [*once, decided(1, 2, 9)]))
    assert count == 2 and len(different) == 1
    assert harm(weighed(agree(story()), CLEAN, (count, different), [])) == 1


def test_an_order_that_is_asked_for_again_must_be_the_same() -> None:
    order, other = message(make_order(1)), message(make_order(1, price=9_000_000))
    assert repeated("orders", records(ORDERS, [order, order])) == (1, [])
    assert len(repeated("orders", records(ORDERS, [order, other]))[1]) == 1


class Forgetful(World):
    """A gateway whose ledger is gone at each start, and that does not look into the log for its own traces."""

    def run(self, fuse: Fuse) -> None:
        for path in self.folder.glob("ledger.db*"):
            path.unlink()
        super().run(fuse)


def told(world: World) -> Story:
    """What the witnesses of a simulated world say."""
    asked = {order.id: order_hash(canonical_order(order)) for order in map(make_order, (1, 2, 3))}
    watch, reports = Watch(world.config.universe, {}), []
    for offset, data in enumerate(world.topics[TICKS.name, 0]):
        frame = watch.log(0, offset, data)
        if frame is not None and frame.kind == Kind.REPORTS:
            reports.append(frame.records)
    ledger, executions = read_ledger(world.folder / LEDGER)
    journal = [(one, asked[one], world.broker.told[one]) for one in world.broker.executed]
    return Story(asked, ledger, executions, journal, np.concatenate(reports))


def lives(world: World, broker: Double) -> World:
    """The gateway's life over three orders, its end, and another life."""
    world.broker = broker
    world.run(Fuse())
    world.run(Fuse())
    return world


def test_a_gateway_that_forgets_its_ledger_refuses_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match="the ledger was lost"):
        lives(Forgetful(tmp_path, ASKED, {}), Double(config(), {}, deduplicates=False))


def test_a_gateway_that_forgets_and_does_not_look_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lives(World(tmp_path / "whole", ASKED, {}), Double(config(), {}, deduplicates=False))
    assert harm(verdict(told(whole))) == 0
    monkeypatch.setattr(Gate, "observe", lambda self: None)
    mutant = lives(Forgetful(tmp_path / "mutant", ASKED, {}), Double(config(), {}, deduplicates=False))
    assert len(verdict(told(mutant)).doubled) == 3 and harm(verdict(told(mutant))) == 1


def test_fills_are_counted_before_and_after_there_is_a_ledger(tmp_path: Path) -> None:
    assert fills(tmp_path) == 0
    (tmp_path / LEDGER).touch()
    assert fills(tmp_path) == 0
    World(tmp_path, ASKED, {}).run(Fuse())
    assert fills(tmp_path) == 3


def test_the_report_names_what_was_found_and_which_spare_took_over() -> None:
    strike = Strike("taskmanager", 0.0, 1.0)
    struck = (Struck(strike, 14.0, 2.4, (), "warm"), Struck(strike, 40.0, 19.0, (), "cold"))
    found = verdict(story(journal=lambda taken: [*taken, taken[0]]))
    with (console := Console(width=120)).capture() as said:
        show([Round(struck, found), Round((), None, "the run ended")], console)
    for text in ("taskmanager, warm spare", "taskmanager, cold spare", "2 orders at the exchange", "the run ended"):
        assert text in said.get()
    assert "2 of 2 strikes did harm" in said.get() and "lost 0 doubled 1" in said.get()


def test_the_busy_configuration_trades_more_and_keeps_its_limits(tmp_path: Path) -> None:
    busy = load(busy_config(tmp_path))
    assert (busy.limits.orders_per_minute_max, busy.gateway.limits.orders_per_minute_max) == (600, 1200)
    assert busy.gateway.unresolved_ns_max == 300_000_000_000
