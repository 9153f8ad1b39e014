"""The opening positions of a term: stated by a person or taken from the ledger, and never other than the ledger's.

[[opening]]
strategy = "probe"
venue = "binance-usdm"
symbol = "BTCUSDT"
size = "0.002"              # negative = short
cost = "121.40"             # in the settle currency: what the position cost, less what was taken out of it
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from jobs.execution.holdings import Held
from schemas.control import Opening, Term
from schemas.decimal_text import parse, render
from schemas.errors import BadText, ConfigError
from schemas.instrument import MONEY_DECIMALS, Instrument

__all__ = ["check_leaving", "check_stated", "openings", "read_opening"]

Holdings = Mapping[tuple[str, int], Held]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    strategy: str
    venue: str
    symbol: str
    size: str
    cost: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    opening: tuple[_Line, ...]


def read_opening(path: Path, instruments: tuple[Instrument, ...]) -> dict[tuple[str, int], Held]:
    """What a file states, by strategy and instrument number. ConfigError with the line that is wrong."""
    try:
        lines = msgspec.toml.decode(path.read_bytes(), type=_File).opening
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"opening positions {path}: {error}") from error
    stated: dict[tuple[str, int], Held] = {}
    for line in lines:
        named = f"{line.strategy}: {line.venue} {line.symbol}"
        one = next((one for one in instruments if (one.venue, one.symbol) == (line.venue, line.symbol)), None)
        if one is None:
            raise ConfigError(f"opening positions {path}: {named} is not in the universe")
        if (line.strategy, one.number) in stated:
            raise ConfigError(f"opening positions {path}: {named} stands twice")
        try:
            held = Held(parse(line.size, one.size_decimals), parse(line.cost, MONEY_DECIMALS))
        except BadText as error:
            raise ConfigError(f"opening positions {path}: {named}: {error}") from error
        stated[line.strategy, one.number] = held
    return {key: held for key, held in stated.items() if held != Held(0, 0)}


def check_stated(stated: Holdings, ledger: Holdings, instruments: tuple[Instrument, ...]) -> None:
    """ConfigError that names every position that the ledger does not have so."""
    nothing = Held(0, 0)
    different = [
        f"{strategy} {_text(instruments[number], stated.get((strategy, number), nothing))}, "
        f"by the ledger {_text(instruments[number], ledger.get((strategy, number), nothing))}"
        for strategy, number in sorted({*stated, *ledger})
        if stated.get((strategy, number)) != ledger.get((strategy, number))
    ]
    if different:
        raise ConfigError(f"the opening positions are not what is held: {'; '.join(different)}")


def check_leaving(names: Iterable[str], ledger: Holdings, instruments: tuple[Instrument, ...]) -> None:
    """ConfigError that names what strategies hold that are to leave."""
    for name in names:
        held = [
            _text(instruments[number], one) for (strategy, number), one in sorted(ledger.items()) if strategy == name
        ]
        if held:
            raise ConfigError(f"strategy {name} cannot leave: it holds {', '.join(held)}")


def openings(held: Holdings, term: Term, channel: int) -> tuple[Opening, ...]:
    """A channel's part of what is held, as its TERM states it. ConfigError when nobody of the term holds it."""
    own = {key: one for key, one in sorted(held.items()) if term.universe.instruments[key[1]].channel == channel}
    check_leaving({key[0] for key in own} - {one.name for one in term.strategies}, own, term.universe.instruments)
    return tuple(Opening(strategy=key[0], instrument=key[1], size=one.size, cost=one.cost) for key, one in own.items())


def _text(one: Instrument, held: Held) -> str:
    size, cost = render(held.size, one.size_decimals), render(held.cost, MONEY_DECIMALS)
    return f"{size} of {one.venue} {one.symbol} for {cost} {one.settle}"
