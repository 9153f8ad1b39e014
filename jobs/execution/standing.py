"""How execution stands: what flag and ledger say, without disturbing the gateway."""

from pathlib import Path
from typing import Any

import msgspec

from jobs.adapters.sqlite import is_owned, read_only
from jobs.execution.flag import Flag
from jobs.execution.pair import Said
from udfs.execution.orders import OPEN, OrderState

__all__ = ["Open", "Position", "Standing", "standing"]

LEDGER = "ledger.db"
_LAST = "max(received_wall_ns, sent_wall_ns, acknowledged_wall_ns, final_wall_ns)"


class Position(msgspec.Struct, frozen=True):
    """What the account holds of an instrument; size units, money in units of 10^-8."""

    instrument: int
    size: int
    cost: int
    realised: int
    fees: int


class Open(msgspec.Struct, frozen=True):
    """An order without an end: until it has one, its strategy asks for nothing more in its instrument."""

    id: str
    since_wall_ns: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A moment's picture."""

    halted: bool
    by: str = ""
    reason: str = ""
    since_wall_ns: int = 0
    gateway_alive: bool = False
    orders: dict[str, int] = {}  # by state
    in_flight: int = 0
    oldest_open: Open | None = None
    waiting: int = 0  # frames of the outbox that are not known to be in their topics
    last_wall_ns: int = 0
    positions: tuple[Position, ...] = ()
    progress: dict[int, Said] = {}  # of the replicas of trade, by channel


def standing(folder: Path) -> Standing:
    """From the files of a run's folder; a folder without a ledger has a flag at most."""
    flag = Flag(folder).read()
    path = folder / LEDGER
    if not path.exists():
        return Standing(halted=flag.halted, by=flag.by, reason=flag.reason, since_wall_ns=flag.wall_ns)
    with read_only(path) as ledger:
        own = _row(ledger, "SELECT raised_wall_ns, reason FROM halts WHERE raised_wall_ns > ?", flag.wall_ns)
        by, reason, since = flag.by, flag.reason, flag.wall_ns
        if own is not None and not flag.halted:
            by, reason, since = "gateway", own["reason"], own["raised_wall_ns"]
        states = {OrderState(row["state"]): row["n"] for row in ledger.execute(_BY_STATE)}
        last = _row(ledger, f"SELECT coalesce(max({_LAST}), 0) AS ns FROM orders")
        oldest = _row(ledger, "SELECT id, received_wall_ns FROM orders WHERE state <= ? ORDER BY number", _OPEN_MAX)
        waiting = _row(ledger, "SELECT count(*) AS n FROM outbox WHERE published = 0")
        return Standing(
            halted=flag.halted or own is not None,
            by=by,
            reason=reason,
            since_wall_ns=since,
            gateway_alive=is_owned(path),
            orders={state.name.lower(): count for state, count in sorted(states.items())},
            in_flight=sum(states.get(state, 0) for state in OPEN),
            oldest_open=None if oldest is None else Open(*oldest),
            waiting=waiting["n"],
            last_wall_ns=last["ns"],
            positions=tuple(Position(*row) for row in ledger.execute("SELECT * FROM accounts ORDER BY instrument")),
            progress=_progress(ledger),
        )


_OPEN_MAX = OrderState.WORKING  # the states behind it are final
_BY_STATE = "SELECT state, count(*) AS n FROM orders GROUP BY state"


def _progress(ledger: Any) -> dict[int, Said]:
    """Empty for a ledger of before there were pairs."""
    if _row(ledger, "SELECT name FROM sqlite_master WHERE name = 'progress'") is None:
        return {}
    rows = ledger.execute("SELECT channel, said FROM progress ORDER BY channel").fetchall()
    return {row["channel"]: msgspec.msgpack.decode(row["said"], type=Said) for row in rows}


def _row(connection: Any, query: str, *values: object) -> Any:
    return connection.execute(query, values).fetchone()
