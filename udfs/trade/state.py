"""What the trade stage remembers of a channel: counters, orders that work, timers, accounts, the strategies' states."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from schemas.config import Limits
from schemas.errors import StateError
from schemas.frame import Records
from schemas.instrument import Instrument
from schemas.trading import Order
from udfs.execution.strategy import Strategy
from udfs.risk.account import ACCOUNT


class Timer(msgspec.Struct):
    """Something due at a channel time: an order that arrives, or the reports that come back."""

    due_ns: int
    order: Order | None = None
    reports: bytes = b""


class Working(msgspec.Struct):
    """An order that is not final."""

    id: str
    strategy: int
    instrument: int
    signed_left: int


class Ledger(msgspec.Struct):
    """The small part of the state: counters, what works, what is due."""

    now_ns: int = 0
    decisions: int = 0
    orders: list[int] = []  # n of the last order, by strategy
    halted: bool = False
    limits: Limits | None = None  # of the last LIMITS control
    working: dict[str, Working] = {}
    sent_ns: list[int] = []  # channel times of the orders of the last minute, oldest first
    timers: list[Timer] = []
    strategies: list[bytes] = []
    digest: bytes = bytes(32)


class TradeState:
    """Ledger, book as the stage saw it, accounts by strategy and instrument, the strategies' own states.

    `remembered` repeats, by strategy and instrument, what of `own` the rules must know; it has no bytes.
    """

    def __init__(self, ledger: Ledger, book: Records, accounts: Records, own: list[Any]) -> None:
        self.ledger, self.book, self.accounts, self.own = ledger, book, accounts, own
        self.remembered = np.zeros(accounts.shape, np.int64)


def left_by(state: TradeState, ordinal: int, instruments: Sequence[Instrument]) -> list[str]:
    """What a strategy has open: positions in size units, and orders without an end."""
    held = [(instruments[number], int(state.accounts[ordinal, number]["size"])) for number in range(len(instruments))]
    positions = [f"{size} of {one.venue} {one.symbol}" for one, size in held if size]
    return positions + [f"order {one.id}" for one in state.ledger.working.values() if one.strategy == ordinal]


def succeed(state: TradeState, was: TradeState, places: Sequence[int | None], is_stated: bool) -> None:
    """Fill the fresh state of a term from the one before: `places` are the earlier strategies' ordinals in the new one.

    Money made and lost, working orders, the last minute's orders, channel time, book and a halt go on: a new term
    forgets no loss and frees no limit. What is held goes on too, unless the term itself states its opening positions.
    What a strategy that leaves (None) has made and lost is carried by the first one's account: the limits count sums.
    """
    stated = state.accounts[["size", "cost"]].copy()
    for account, place in zip(was.accounts, places, strict=True):
        if place is not None:
            state.accounts[place] = account
    for account, place in zip(was.accounts, places, strict=True):
        if place is None:
            state.accounts["realised"][0] += account["realised"]
            state.accounts["fees"][0] += account["fees"]
    if is_stated:
        state.accounts[["size", "cost"]] = stated
    state.book = was.book
    own, old = state.ledger, was.ledger
    own.now_ns, own.halted, own.sent_ns = old.now_ns, old.halted, [*old.sent_ns]
    own.working = {
        one.id: Working(one.id, place, one.instrument, one.signed_left)
        for one in old.working.values()
        if (place := places[one.strategy]) is not None
    }


def dump(state: TradeState) -> bytes:
    state.ledger.strategies = [msgspec.msgpack.encode(own) for own in state.own]
    ledger = msgspec.msgpack.encode(state.ledger)
    return b"".join((len(ledger).to_bytes(8, "little"), ledger, state.book.tobytes(), state.accounts.tobytes()))


def load(state: TradeState, data: bytes, strategies: list[Strategy]) -> TradeState:
    """Fill a fresh state from bytes; raises StateError when they are not of this term."""
    at = 8 + int.from_bytes(data[:8], "little")
    if len(data) != at + state.book.nbytes + state.accounts.nbytes:
        raise StateError(f"state of trade: {len(data)} bytes are not of this term")
    state.ledger = msgspec.msgpack.decode(data[8:at], type=Ledger)
    state.book = np.frombuffer(data, state.book.dtype, state.book.size, at).copy()
    accounts = np.frombuffer(data, ACCOUNT, state.accounts.size, at + state.book.nbytes)
    state.accounts = accounts.reshape(state.accounts.shape).copy()
    own = zip(state.ledger.strategies, strategies, strict=True)
    state.own = [msgspec.msgpack.decode(data, type=strategy.State) for data, strategy in own]
    return state
