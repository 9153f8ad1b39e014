"""`reconcile`: the gateway's ledger, the exchange's journal and the channels' logs must tell the same story.

Reads orders.v1 and ticks.v1 to their ends. Orders of lock-step terms are not the gateway's: their exchange is in the
channel, and `replay --verify` looks after them.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
import numpy as np

from jobs.adapters import endpoints
from jobs.adapters.broker import Broker
from jobs.adapters.journal import Done, read_journal
from jobs.adapters.kafka import partition_count, read_all
from jobs.adapters.openings import read_term
from jobs.adapters.sqlite import read_only
from jobs.execution.agreement import Agreement, Story, agree
from jobs.execution.watch import Watch
from schemas.errors import SetupError, Unsafe
from schemas.frame import Records
from schemas.records import REPORT, Kind
from schemas.topics import ORDERS, TICKS
from schemas.trading import Order, order_hash, read_order_message
from udfs.risk.statement import Fill

LEDGER, JOURNAL = "ledger.db", "exchange.journal"
_EXECUTIONS = (
    "SELECT execution_id, order_id, instrument, side, price, size, fee, fee_currency, broker_ns FROM executions"
)


def reconcile(folder: Path, bootstrap: str) -> Agreement:
    """The agreement of a folder's ledger and journal with the logs and orders at a broker."""
    return agree(story(folder, bootstrap))


def story(folder: Path, bootstrap: str) -> Story:
    """What each of them says."""
    watch, reports = _logs(bootstrap)
    ledger, executions = read_ledger(folder / LEDGER)
    journal = [
        (entry.id, order_hash(entry.canonical), np.frombuffer(entry.reports, REPORT))
        for entry in read_journal(folder / JOURNAL)
        if isinstance(entry, Done)
    ]
    return Story(_asked(bootstrap, watch), ledger, executions, journal, reports)


def _logs(bootstrap: str) -> tuple[Watch, Records]:
    """The terms, and the gateway's reports that the channels accept."""
    found = [read_term(bootstrap, channel) for channel in range(partition_count(bootstrap, TICKS.name))]
    term = next((one for one in found if one is not None), None)
    if term is None:
        raise SetupError(f"{TICKS.name} at {bootstrap} holds no log: there is nothing to reconcile")
    watch = Watch(term.universe, {})
    reports = [np.zeros(0, REPORT)]
    for channel in term.universe.channels:
        for message in read_all(bootstrap, TICKS.name, channel):
            frame = watch.log(channel, message.offset, message.value)
            if frame is not None and frame.kind == Kind.REPORTS:
                reports.append(frame.records)
    return watch, np.concatenate(reports)


def _asked(bootstrap: str, watch: Watch) -> dict[str, str]:
    asked: dict[str, str] = {}
    for channel, seen in watch.channels.items():
        for message in read_all(bootstrap, ORDERS.name, channel):
            try:
                order, canonical, _ = read_order_message(message.value)
            except msgspec.DecodeError:
                continue  # the gateway puts it into quarantine
            if not isinstance(order, Order) or seen.modes.get(order.term) == "lock-step":
                continue
            if asked.setdefault(order.id, order_hash(canonical)) != order_hash(canonical):
                raise Unsafe(f"{ORDERS.name} holds order {order.id} with different bytes")
    return asked


def read_ledger(path: Path) -> tuple[dict[str, tuple[str, int]], list[Fill]]:
    """Hash and state of every order, and the executions, of a gateway's ledger; empty when there is none."""
    if not path.exists():
        return {}, []
    with read_only(path) as ledger:
        orders = {row["id"]: (row["sha256"], row["state"]) for row in ledger.execute("SELECT * FROM orders")}
        return orders, [Fill(*row) for row in ledger.execute(_EXECUTIONS)]


@contextmanager
def running_broker(folder: Path) -> Iterator[str]:
    """The broker that the folder names, or, after a run has ended, its own one, started for as long as it is needed."""
    bootstrap = endpoints.read(folder).get("bootstrap")
    if bootstrap is not None or not (folder / "broker" / "data").exists():
        yield bootstrap or endpoints.require(folder, "bootstrap")
        return
    broker = Broker(folder / "broker")
    try:
        yield broker.start()
    finally:
        broker.stop()


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    with nullcontext(given.bootstrap) if given.bootstrap else running_broker(given.folder) as bootstrap:
        found = reconcile(given.folder, bootstrap)
    print(found, flush=True)
    if not found.holds:
        raise SystemExit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reconcile", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--bootstrap", help="the broker, HOST:PORT; default: the one that the folder names")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run: ledger and journal")
    return parser
