"""What each strategy holds by the gateway's ledger, and whether that can still move."""

from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from jobs.adapters.kafka import Ends
from jobs.adapters.sqlite import read_only
from jobs.execution.standing import LEDGER, standing
from schemas.errors import ConfigError, SetupError, Unsafe
from schemas.frame import Records
from schemas.instrument import Instrument
from schemas.topics import ORDERS, TICKS, TRADE_GROUP
from schemas.trading import Order
from udfs.risk.account import ACCOUNT, apply_fill

__all__ = ["Held", "has_traded", "held_by", "unrest"]

_EXECUTIONS = (
    "SELECT orders.canonical, executions.side, executions.price, executions.size, executions.fee"
    " FROM executions JOIN orders ON orders.id = executions.order_id ORDER BY executions.rowid"
)


class Held(NamedTuple):
    """A position: size units, signed, and what it cost, in money of the settle currency."""

    size: int
    cost: int


def held_by(folder: Path, instruments: tuple[Instrument, ...]) -> dict[tuple[str, int], Held]:
    """Positions by strategy and instrument number, from all executions in their order, as the channels count them.

    SetupError: there is no ledger. Unsafe: its accounts say something else than its executions.
    """
    if not (folder / LEDGER).exists():
        raise SetupError(f"{folder / LEDGER} is not there: what is held is what the gateway's ledger says")
    accounts: dict[tuple[str, int], Records] = {}
    with read_only(folder / LEDGER) as ledger:
        for canonical, side, price, size, fee in ledger.execute(_EXECUTIONS):
            order = msgspec.json.decode(canonical, type=Order)
            account = accounts.setdefault((order.strategy, order.instrument), np.zeros((), ACCOUNT))
            apply_fill(account, instruments[order.instrument], side, price, size, fee)
        told = {row["instrument"]: row["size"] for row in ledger.execute("SELECT instrument, size FROM accounts")}
    for number, size in told.items():
        summed = sum(int(account["size"]) for (_, own), account in accounts.items() if own == number)
        if summed != size:
            raise Unsafe(f"{folder / LEDGER}: instrument {number}: {size} in the accounts, {summed} by executions")
    held = {key: Held(int(account["size"]), int(account["cost"])) for key, account in accounts.items()}
    return {key: one for key, one in held.items() if one != Held(0, 0)}


def has_traded(folder: Path, channel: int, term: int) -> bool:
    """Whether an order of a channel's term has reached the ledger."""
    with read_only(folder / LEDGER) as ledger:
        rows = ledger.execute("SELECT canonical FROM orders WHERE channel = ? ORDER BY number DESC LIMIT 1", (channel,))
        return any(msgspec.json.decode(row["canonical"], type=Order).term >= term for row in rows)


def unrest(folder: Path, bootstrap: str, channels: tuple[int, ...], ends: dict[int, int]) -> str:
    """What may still move a position, once the channels are halted before the offsets `ends` of their logs; "" = none.

    ConfigError: orders may leave.
    """
    found = standing(folder)
    if not found.halted:
        raise ConfigError("positions move while orders may leave: `penstock halt --reason ...` first, `resume` after")
    asked = Ends(bootstrap, [TICKS.name, ORDERS.name], channels)
    read = asked.committed(TRADE_GROUP)[TICKS.name]
    late = [channel for channel in channels if read.get(channel, 0) < ends[channel]]
    if late:
        return f"trade has not read the logs of channels {late} behind the halt"
    with read_only(folder / LEDGER) as ledger:
        taken = {row["partition"]: row["next"] for row in ledger.execute("SELECT partition, next FROM offsets")}
    if any(end > taken.get(channel, 0) for channel, end in asked.ask()[ORDERS.name].items()):
        return "the gateway has not taken all orders"
    if found.oldest_open is not None:
        return f"order {found.oldest_open.id} has no end yet"
    return f"{found.waiting} frames of the gateway are not in the log yet" if found.waiting else ""
