"""What the gateway tells: orders by verdict, latency by hop, halts, the pair, and how much of its limits is used."""

import sqlite3
from pathlib import Path

from jobs.adapters.metrics import Page
from jobs.adapters.sqlite import read_only
from jobs.execution.gate import Gate
from jobs.execution.judge import Judge
from jobs.execution.pair import Pair
from jobs.execution.watch import Watch
from schemas import metrics
from schemas.metrics import HOPS
from schemas.topics import REPLICAS
from schemas.trading import Reason, Verdict
from udfs.execution.orders import FINAL

__all__ = ["GatewayPage"]

ORDERS_MAX = 1000  # whose stamps are read in one round
_GATEWAY = ("arrived", "synced", "sent", "acknowledged")
_ORDERS = (
    "SELECT number, state, published_wall_ns AS published, received_wall_ns AS arrived, synced_wall_ns AS synced,"
    " sent_wall_ns AS sent, acknowledged_wall_ns AS acknowledged FROM orders WHERE number > ? ORDER BY number LIMIT ?"
)
_IN_FLIGHT = "SELECT count(*) FROM orders WHERE state IN (2, 3)"
_WAITING = "SELECT count(*) FROM outbox WHERE published = 0"


class GatewayPage:
    """Fills a page from the gateway's parts and, through a connection that only looks, from its ledger.

    Orders that were final before this process began are not told again: its counters begin at 0.
    """

    def __init__(self, page: Page, gate: Gate, judge: Judge, watch: Watch, pair: Pair, ledger: Path) -> None:
        self._page, self._gate, self._judge, self._watch, self._pair = page, gate, judge, watch, pair
        self._path = ledger
        with read_only(ledger) as connection:
            [self._told] = connection.execute("SELECT coalesce(max(number), 0) FROM orders").fetchone()

    def fill(self) -> None:
        self._verdicts()
        self._arrivals()
        self._replicas()
        with read_only(self._path) as connection:
            self._latencies(connection.execute(_ORDERS, (self._told, ORDERS_MAX)).fetchall())
            self._page.set(metrics.IN_FLIGHT, *connection.execute(_IN_FLIGHT).fetchone())
            self._page.set(metrics.OUTBOX, *connection.execute(_WAITING).fetchone())
        losses, positions = self._judge.shares()
        for currency, share in losses.items():
            self._page.set(metrics.LOSS, share, currency)
        for instrument, share in positions.items():
            self._page.set(metrics.POSITION, share, instrument)

    def _verdicts(self) -> None:
        for reason in Reason:
            verdict = Verdict.VETOED if reason else Verdict.SENT
            self._page.set(metrics.ORDERS, self._gate.verdicts[reason], verdict.name.lower(), reason.name.lower())
        for channel in self._watch.channels:
            self._page.set(metrics.HALTED, self._judge.halted(channel) is not None, channel)
        self._page.set(metrics.GATEWAY_REFUSED, self._watch.refused + self._pair.refused)

    def _arrivals(self) -> None:
        while self._gate.arrivals:
            stamps, arrived_ns = self._gate.arrivals.popleft()
            self._hops(
                published=stamps.published_ns,
                received=stamps.received_ns,
                decided=stamps.decided_ns,
                arrived=arrived_ns,
            )

    def _latencies(self, rows: list[sqlite3.Row]) -> None:
        """Of the orders that are final, in the order of their arrival, up to the first that is not."""
        for row in rows:
            if row["state"] not in FINAL:
                return
            self._told = row["number"]
            self._hops(**{name: row[name] for name in ("published", *_GATEWAY)})

    def _hops(self, **stamps_ns: int) -> None:
        """A stamp that is missing makes its hops missing, never zero."""
        for begin, end in HOPS:
            before, after = stamps_ns.get(begin, 0), stamps_ns.get(end, 0)
            if before and after:
                self._page.observe(metrics.ORDER_LATENCY, (after - before) / 1e9, f"{begin}_to_{end}")

    def _replicas(self) -> None:
        for channel, said in self._pair.channels.items():
            self._page.set(metrics.REPLICA_COMPARED, said.compared, channel)
            self._page.set(metrics.REPLICA_DIVERGENCE, said.different, channel)
            for replica in REPLICAS:
                if replica in said.reached:
                    self._page.set(metrics.REPLICA_POSITION, said.reached[replica], channel, replica)
                    self._page.set(metrics.REPLICA_TRAILING, replica in said.trailing, channel, replica)
