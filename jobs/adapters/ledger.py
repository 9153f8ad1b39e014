"""The gateway's ledger: what was received, offered, answered and told, in SQLite; each method is one transaction.

An order is in the ledger before anybody else hears of it, and what the channel is to be told stands in the outbox
from the same transaction on, with its sequence number: after a crash nothing is told twice under another number and
no number is missing.
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from jobs.adapters.outbox import Outbox
from jobs.adapters.sqlite import Database, Row
from schemas.config import hash_of
from schemas.errors import SetupError, Unsafe
from schemas.frame import Records
from schemas.instrument import Universe
from schemas.records import STAMP, Kind
from schemas.topics import QUARANTINE, REPLICAS, STAMPS, TICKS
from schemas.trading import Order, Reason, ReportKind, Stamps, order_hash
from udfs.execution.orders import FINAL, OrderEvent, OrderState, after
from udfs.execution.settle import own_report, settle
from udfs.risk.account import ACCOUNT, apply_fill

__all__ = ["Entry", "Ledger"]

_MONEY = ("size", "cost", "realised", "fees")


class Entry(NamedTuple):
    """An order as the ledger has it."""

    order: Order
    state: OrderState
    filled: int
    sent_wall_ns: int


class Ledger:
    """Owns one file. SetupError: the file has another owner, or belongs to another universe."""

    def __init__(self, path: Path, universe: Universe) -> None:
        self._universe = universe
        self._database = Database(path, files("jobs.adapters").joinpath("ledger.sql").read_text())
        self.outbox = Outbox(self._database)
        own = hash_of(universe)
        with self._database.transaction():
            known = self._database.value("SELECT universe FROM identity")
            if known is None:
                self._database.write("INSERT INTO identity VALUES (?)", own)
        if known not in (None, own):
            self.close()
            raise SetupError(f"{path} was kept for another universe: its positions cannot be read with this one")

    def close(self) -> None:
        self._database.close()

    # Orders

    def receive(
        self, order: Order, canonical: bytes, stamps: Stamps | None, received_wall_ns: int, at: tuple[int, int]
    ) -> bool:
        """Take an order from (partition, offset); False when it is here already.

        Unsafe when it is here with other bytes: the halt stands in the ledger, and the message counts as read, so that
        a gateway that was resumed can go on.
        """
        sha256 = order_hash(canonical)
        with self._database.transaction():
            known = self._database.value("SELECT sha256 FROM orders WHERE id = ?", order.id)
            conflict = known not in (None, sha256)
            if conflict:
                replica = f" from replica {stamps.replica}" if stamps else ""
                reason = f"order {order.id} came twice with different bytes ({known[:12]}, {sha256[:12]}{replica})"
                self._note(reason, received_wall_ns)
            elif known is None:
                self._database.write(
                    "INSERT INTO orders (id, canonical, sha256, channel, instrument, signed_size, state, decided_ns,"
                    " published_wall_ns, received_wall_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    *(order.id, canonical, sha256, order.channel, order.instrument, order.signed_size),
                    *(OrderState.RECEIVED, order.decided_ns, stamps.published_ns if stamps else 0, received_wall_ns),
                )
            if stamps is not None and not conflict:
                self._database.write("INSERT OR IGNORE INTO asked VALUES (?, ?)", order.id, stamps.replica)
            self._advance(at)
        if conflict:
            raise Unsafe(reason)
        return known is None

    def is_confirmed(self, order_id: str) -> bool:
        """Whether every replica of a hot pair has asked for the order."""
        count = self._database.value("SELECT count(*) FROM asked WHERE id = ?", order_id)
        return bool(count == len(REPLICAS))

    def skip(self, at: tuple[int, int], refused: Records | None = None, channel: int = 0) -> None:
        """Pass a message of orders.v1 over; `refused` is the document that says why, for quarantine.v1."""
        with self._database.transaction():
            if refused is not None:
                self.outbox.put(QUARANTINE.name, channel, Kind.QUARANTINE, refused)
            self._advance(at)

    def veto(self, order: Order, reason: Reason, channel_ns: int, wall_ns: int) -> None:
        """Close an order that was never offered."""
        self._close(order, OrderEvent.VETO, ReportKind.VETOED, reason, channel_ns, wall_ns)

    def never_sent(self, order: Order, reason: Reason, channel_ns: int, wall_ns: int) -> None:
        """Close an order that the broker does not have and will never take."""
        self._close(order, OrderEvent.NEVER_SENT, ReportKind.NEVER_SENT, reason, channel_ns, wall_ns)

    def send(self, order: Order, channel_ns: int, synced_wall_ns: int, sent_wall_ns: int) -> None:
        """From here on the order may exist at the broker."""
        with self._database.transaction():
            state = after(self._state(order.id), OrderEvent.SEND)
            self._database.write(
                "UPDATE orders SET state = ?, sent_ns = ?, synced_wall_ns = ?, sent_wall_ns = ? WHERE id = ?",
                *(state, channel_ns, synced_wall_ns, sent_wall_ns, order.id),
            )

    def apply(self, order: Order, told: Records, wall_ns: int) -> OrderState:
        """Take all that the broker has told of an order so far; what is new goes to accounts and outbox."""
        with self._database.transaction():
            row = self._row(order.id)
            state = OrderState(row["state"])
            settled = settle(order, state, row["filled"], row["reports"], told)
            if not len(settled.fresh):
                return state
            for report in settled.fresh[settled.fresh["kind"] == ReportKind.FILL]:
                self._execute(order, report)
            self._database.write(
                "UPDATE orders SET state = ?, filled = ?, reason = ?, reports = ?, final_wall_ns = ?,"
                " acknowledged_wall_ns = iif(acknowledged_wall_ns, acknowledged_wall_ns, ?) WHERE id = ?",
                *(settled.state, settled.filled, settled.reason, told.tobytes()),
                *(wall_ns if settled.state in FINAL else 0, wall_ns, order.id),
            )
            self.outbox.put(TICKS.name, order.channel, Kind.REPORTS, settled.fresh)
            if settled.state in FINAL:
                self._stamp(order)
        return settled.state

    def in_states(self, *states: OrderState) -> list[Entry]:
        """The orders in these states, in the order of arrival."""
        rows = self._database.rows(f"SELECT * FROM orders WHERE state IN ({_marks(states)}) ORDER BY number", *states)
        return [_entry(row) for row in rows]

    def find(self, order_id: str) -> Entry | None:
        rows = self._database.rows("SELECT * FROM orders WHERE id = ?", order_id)
        return _entry(rows[0]) if rows else None

    # What the account limits need

    def accounts(self) -> Records:
        """ACCOUNT records by instrument number; what works is told by `in_states`."""
        accounts = np.zeros(len(self._universe.instruments), ACCOUNT)
        for row in self._database.rows("SELECT * FROM accounts"):
            for name in _MONEY:
                accounts[row["instrument"]][name] = row[name]
        return accounts

    def open_orders(self, channels: tuple[int, ...]) -> int:
        query = f"SELECT count(*) FROM orders WHERE state IN (2, 3) AND channel IN ({_marks(channels)})"
        return int(self._database.value(query, *channels))

    def sent_since(self, channel_ns: int, channels: tuple[int, ...]) -> int:
        """Orders of some channels that were offered to the broker after a channel time."""
        query = f"SELECT count(*) FROM orders WHERE sent_ns > ? AND channel IN ({_marks(channels)})"
        return int(self._database.value(query, channel_ns, *channels))

    # The log, halts

    def observe(self, seen: dict[int, bytes], sequences: dict[int, int]) -> None:
        """Keep what was read in each channel's log; our own frames below `sequences` are there for certain."""
        with self._database.transaction():
            for channel, state in seen.items():
                self._database.write("INSERT OR REPLACE INTO channels VALUES (?, ?)", channel, state)
                self._database.write(
                    "UPDATE outbox SET published = 1"
                    " WHERE published = 0 AND topic = ? AND channel = ? AND sequence + count <= ?",
                    *(TICKS.name, channel, sequences[channel]),
                )

    def seen(self) -> dict[int, bytes]:
        return {row["channel"]: row["seen"] for row in self._database.rows("SELECT * FROM channels")}

    def offsets(self) -> dict[int, int]:
        """The next message of each partition of orders.v1."""
        return {row["partition"]: row["next"] for row in self._database.rows("SELECT * FROM offsets")}

    def keep_progress(self, said: dict[int, bytes]) -> None:
        """Keep what the replicas of trade have said of their progress."""
        with self._database.transaction():
            for channel, state in said.items():
                self._database.write("INSERT OR REPLACE INTO progress VALUES (?, ?)", channel, state)

    def progress(self) -> dict[int, bytes]:
        return {row["channel"]: row["said"] for row in self._database.rows("SELECT * FROM progress")}

    def halt(self, reason: str, wall_ns: int) -> None:
        with self._database.transaction():
            self._note(reason, wall_ns)

    def halted_since(self, wall_ns: int) -> str | None:
        """The reason of a halt that was raised after a wall time; None when there was none."""
        query = "SELECT reason FROM halts WHERE raised_wall_ns > ? ORDER BY number DESC LIMIT 1"
        reason = self._database.value(query, wall_ns)
        return None if reason is None else str(reason)

    def _note(self, reason: str, wall_ns: int) -> None:
        self._database.write("INSERT INTO halts (raised_wall_ns, reason) VALUES (?, ?)", wall_ns, reason)

    def _row(self, order_id: str) -> Row:
        return self._database.rows("SELECT * FROM orders WHERE id = ?", order_id)[0]

    def _state(self, order_id: str) -> OrderState:
        return OrderState(self._database.value("SELECT state FROM orders WHERE id = ?", order_id))

    def _advance(self, at: tuple[int, int]) -> None:
        self._database.write("INSERT OR REPLACE INTO offsets VALUES (?, ?)", at[0], at[1] + 1)

    def _close(
        self, order: Order, event: OrderEvent, kind: ReportKind, reason: Reason, channel_ns: int, wall_ns: int
    ) -> None:
        with self._database.transaction():
            state = after(self._state(order.id), event)
            self._database.write(
                "UPDATE orders SET state = ?, reason = ?, final_wall_ns = ? WHERE id = ?",
                *(state, reason, wall_ns, order.id),
            )
            self.outbox.put(TICKS.name, order.channel, Kind.REPORTS, own_report(order, kind, reason, channel_ns))
            self._stamp(order)

    def _stamp(self, order: Order) -> None:
        """Tell the wall clocks of an order that has met its end."""
        row = self._row(order.id)
        clocks = (row[f"{name}_wall_ns"] for name in ("received", "synced", "sent", "acknowledged", "final"))
        told = np.array([(order.id.encode(), *clocks)], STAMP)
        self.outbox.put(STAMPS.name, order.channel, Kind.STAMPS, told)

    def _execute(self, order: Order, report: Records) -> None:
        execution_id = bytes(report["execution_id"]).decode()
        if self._database.value("SELECT order_id FROM executions WHERE execution_id = ?", execution_id) is not None:
            raise Unsafe(f"order {order.id}: execution {execution_id} was reported before")
        price, size, fee = int(report["price"]), int(report["size"]), int(report["fee"])
        self._database.write(
            "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(execution_id, order.id, order.instrument, int(order.side), price, size, fee),
            *(bytes(report["fee_currency"]).decode(), int(report["broker_ns"])),
        )
        account = self.accounts()[order.instrument]
        apply_fill(account, self._universe.instruments[order.instrument], order.side, price, size, fee)
        money = (int(account[name]) for name in _MONEY)
        self._database.write("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?)", order.instrument, *money)


def _marks(values: tuple[int, ...]) -> str:
    return ", ".join("?" * len(values))


def _entry(row: Row) -> Entry:
    order = msgspec.json.decode(row["canonical"], type=Order)
    return Entry(order, OrderState(row["state"]), row["filled"], row["sent_wall_ns"])
