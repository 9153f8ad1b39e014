"""Gateway and exchange as real processes over a real broker: orders in, reports out, killed on the way."""

import itertools
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from jobs.adapters import endpoints
from jobs.adapters.kafka import Producer, read_all
from jobs.adapters.processes import Process
from jobs.adapters.prometheus import Server
from jobs.adapters.terms import opening_frames
from jobs.adapters.writer import Writer
from jobs.execution.agreement import is_terminal
from jobs.execution.standing import standing
from jobs.halt import halt, resume
from jobs.reconcile import reconcile
from schemas.errors import SetupError
from schemas.frame import Frame, Records, decode
from schemas.records import MARK, TICK, Kind, Side, TickFlag, TickKind
from schemas.topics import MARKS, ORDERS, TICKS, Source
from schemas.trading import Reason, ReportKind, Stamps, order_message
from tests.builders import START_NS, demo_term, messages
from tests.jobs.execution.world import make_order
from tests.system.rig import Rig, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
BID, ASK = 6_000_000, 6_000_001
CONFIG = Path(__file__).parents[2] / "jobs" / "settings" / "demo.toml"
TOLD = (  # once two orders were filled, and one was refused
    ("gateway", 'penstock_halted{channel="0"} 0.0'),
    ("gateway", 'penstock_orders_total{reason="none",verdict="sent"} 2.0'),
    ("gateway", 'penstock_orders_total{reason="collar",verdict="vetoed"} 1.0'),
    ("gateway", 'penstock_order_latency_seconds_count{hop="sent_to_acknowledged"} 2.0'),
    ("gateway", 'penstock_lag_messages{channel="0",topic="orders.v1"} 0.0'),
    ("exchange", "penstock_exchange_orders_total 2.0"),
)


class Market:
    """A feed by hand: quotes and marks of instrument 0, at a channel time that moves with every call."""

    def __init__(self, rig: Rig) -> None:
        self.now_ns = START_NS
        self._producer = Producer(rig.bootstrap)
        self._log = Writer(self._producer, rig.bootstrap, TICKS.name, 0, Source.FEED)
        self._marks = Writer(self._producer, rig.bootstrap, MARKS.name, 0, Source.FEED)

    def quote(self, size: int = 10**8) -> None:
        self.now_ns += 50_000_000
        ticks = np.zeros(2, TICK)
        ticks[0] = (0, self.now_ns, BID, size, 0, TickKind.BID, Side.NONE, 0)
        ticks[1] = (0, self.now_ns, ASK, size, 0, TickKind.ASK, Side.NONE, TickFlag.LAST)
        marks = np.zeros(1, MARK)
        marks["receive_ns"], marks["bid"], marks["ask"] = self.now_ns, BID, ASK
        self._log.write(Kind.TICKS, ticks)
        self._marks.write(Kind.MARKS, marks)
        self._producer.flush()


class Stage:
    """Broker, market, exchange and gateway; orders are written by hand."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.folder = rig, rig.folder / "run"
        self.numbers = itertools.count(1)
        term = demo_term("gateway")
        for channel in (0, 1):
            rig.write(channel, messages(opening_frames(term, channel)))
        endpoints.publish(self.folder, bootstrap=rig.bootstrap)
        self.market = Market(rig)
        self._orders = Producer(rig.bootstrap)
        self.exchange, self.gateway = Process("exchange", self.folder), Process("gateway", self.folder)

    def start(self, process: Process) -> None:
        own = ["--bootstrap", self.rig.bootstrap, "--folder", str(self.folder)]
        own += ["--channels", "0,1"] if process is self.exchange else ["--config", str(CONFIG)]
        command = [sys.executable, "-P", "-m", f"jobs.{process.name}", *own]
        process.start(command)
        process.wait_ready(lambda: process.said(f"{process.name} is running"), 40)

    def order(self, **changes: int) -> str:
        now_ns = self.market.now_ns
        order = make_order(
            next(self.numbers), decided_ns=now_ns, valid_until_ns=now_ns + 60_000_000_000, **{"price": ASK, **changes}
        )
        stamps = Stamps(published_ns=time.time_ns(), received_ns=0, decided_ns=0)
        self._orders.send(ORDERS.name, 0, order_message(order, stamps))
        self._orders.flush()
        return order.id

    def reports(self) -> list[Records]:
        frames: list[Frame] = [decode(one.value) for one in read_all(self.rig.bootstrap, TICKS.name, 0)]
        return [report for frame in frames if frame.kind == Kind.REPORTS for report in frame.records]

    def ended(self) -> dict[str, Records]:
        return {bytes(one["order_id"]).decode(): one for one in self.reports() if is_terminal(one)}

    def wait(self, *ids: str, timeout_s: float = 30) -> dict[str, Records]:
        deadline = time.monotonic() + timeout_s
        while not set(ids) <= set(self.ended()):
            assert time.monotonic() < deadline, (ids, self.gateway.log.read_text(), self.exchange.log.read_text())
            self.market.quote()
            time.sleep(0.1)
        return self.ended()


@pytest.fixture(scope="module")
def stage(rig: Rig) -> Iterator[Stage]:
    made = Stage(rig)
    made.market.quote()
    try:
        made.start(made.exchange)
        made.start(made.gateway)
        made.market.quote()
        yield made
    finally:
        made.gateway.kill()
        made.exchange.kill()


def kinds(stage: Stage, *ids: str) -> list[str]:
    ended = stage.wait(*ids)
    return [ReportKind(int(ended[one]["kind"])).name for one in ids]


def test_orders_are_filled_vetoed_and_reconciled(stage: Stage) -> None:
    wrong = far_off(stage)
    ids = [stage.order(), stage.order(side=Side.SELL, price=BID)]
    assert kinds(stage, *wrong, *ids) == ["VETOED"] * len(wrong) + ["FILL", "FILL"]
    found, orders = reconcile(stage.folder, stage.rig.bootstrap), len(wrong) + 2
    assert found.holds and (found.orders, found.executions) == (orders, 2), str(found)
    assert str(found) == f"orders {orders}, executions 2: lost 0 doubled 0"
    seen = standing(stage.folder)
    assert seen.gateway_alive and seen.orders == {"filled": 2, "vetoed": len(wrong)} and seen.in_flight == 0


def far_off(stage: Stage) -> list[str]:
    """Orders at half as much again as the market, until one is refused for that: then the gateway has read a mark."""
    ids, deadline = [stage.order(price=9_000_000)], time.monotonic() + 30
    while stage.wait(*ids)[ids[-1]]["reason"] != Reason.COLLAR:
        assert time.monotonic() < deadline, "the gateway has read no mark"
        ids.append(stage.order(price=9_000_000))
    return ids


def test_gateway_and_exchange_tell_of_themselves(stage: Stage) -> None:
    until(lambda: page(stage, "gateway", "/readyz") == page(stage, "exchange", "/readyz") == "ok\n", 20, "both ready")
    for process, line in TOLD:
        until(lambda p=process, one=line: one in page(stage, p, "/metrics").splitlines(), 20, f"{process}: {line}")


def test_a_halt_fires_its_alert_in_a_real_prometheus(stage: Stage, tmp_path: Path) -> None:
    try:
        server = Server(tmp_path / "prometheus", stage.folder, endpoints.free_port())
    except SetupError as error:
        pytest.skip(str(error))
    prometheus = Process("prometheus", tmp_path)
    prometheus.start(server.command)
    try:
        until(lambda: server.value('penstock_ready{process="gateway"}') == 1.0, 60, "it sees a gateway that is ready")
        assert firing(server) == set()
        halt(stage.folder, "drill", "test")
        until(lambda: firing(server) == {("Halted", "0"), ("Halted", "1")}, 60, "the alert of both channels")
        resume(stage.folder, "test")
        until(lambda: firing(server) == set(), 60, "the alert ends with the halt")
    finally:
        prometheus.kill()


def firing(server: Server) -> set[tuple[str, str]]:
    return {(one.name, one.labels.get("channel", "")) for one in server.alerts() if one.state == "firing"}


def page(stage: Stage, process: str, path: str) -> str:
    [target] = msgspec.json.decode((stage.folder / "metrics" / f"{process}.json").read_bytes())
    try:
        with urllib.request.urlopen(f"http://{target['targets'][0]}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())


def test_halt_and_resume(stage: Stage) -> None:
    assert halt(stage.folder, "drill", "test")[1:] == ["channel 0: HALT is in its log", "channel 1: HALT is in its log"]
    assert kinds(stage, stage.order()) == ["VETOED"]
    stage.gateway.stop(20)
    stage.start(stage.gateway)
    assert "HALTED" in stage.gateway.log.read_text()
    assert kinds(stage, stage.order()) == ["VETOED"]
    resume(stage.folder, "test")
    deadline = time.monotonic() + 20
    while kinds(stage, stage.order()) != ["FILL"]:  # until the gateway has read the RESUME
        assert time.monotonic() < deadline, [(int(r["kind"]), int(r["reason"])) for r in stage.ended().values()]
        stage.market.quote()  # a gateway that has just started knows no mark yet
        time.sleep(0.3)


@pytest.mark.parametrize("victim", ["gateway", "exchange"])
def test_killed_in_the_middle(stage: Stage, victim: str) -> None:
    """Without a new quote an order waits at the exchange for half a second: the kill finds one in between."""
    process: Process = getattr(stage, victim)
    stage.market.now_ns += 61_000_000_000  # so that the orders of the tests before do not count in the rate limit
    stage.market.quote()
    ids, in_flight = [], 0
    for round_ in range(10):
        ids += [stage.order(size=10_000 + 1_000 * round_) for _ in range(4)]
        time.sleep(0.1 + 0.2 * round_)
        process.send(signal.SIGKILL)
        process.wait(10)
        in_flight += standing(stage.folder).in_flight
        ids += [stage.order()]
        stage.start(process)
        stage.wait(*ids)
        if in_flight and round_ >= 2:
            break
    ends = Counter((int(one["kind"]), int(one["reason"])) for one in stage.ended().values())
    assert in_flight > 0, f"no kill met an order on its way: nothing was shown; ends by kind and reason: {ends}"
    found = reconcile(stage.folder, stage.rig.bootstrap)
    assert found.holds, str(found)
    assert found.orders >= len(ids)


def test_a_second_gateway_is_refused(stage: Stage) -> None:
    command = [sys.executable, "-P", "-m", "jobs.gateway", "--bootstrap", stage.rig.bootstrap]
    command += ["--folder", str(stage.folder), "--config", str(CONFIG)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "belongs to another running process" in done.stderr


def test_sigterm_settles_and_a_lost_ledger_halts(stage: Stage, tmp_path: Path) -> None:
    last = stage.order()
    assert stage.gateway.stop(30), "did not end by itself"
    stage.wait(last, timeout_s=1)
    assert stage.gateway.returncode() == 0 or "settled" in stage.gateway.log.read_text()
    count = len(list(read_all(stage.rig.bootstrap, TICKS.name, 0)))
    command = [sys.executable, "-P", "-m", "jobs.gateway", "--bootstrap", stage.rig.bootstrap]
    command += ["--folder", str(tmp_path), "--config", str(CONFIG)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "the ledger was lost" in done.stderr
    assert len(list(read_all(stage.rig.bootstrap, TICKS.name, 0))) == count
    assert re.search('"halted":true', (tmp_path / "halt.json").read_text())
    assert msgspec.json.decode((tmp_path / "halt.json").read_bytes())["by"] == "gateway"
