"""The strategy protocol: public and stable. A configuration struct, an explicit state, a row in, orders out.

    class Mine:
        class Config(msgspec.Struct, frozen=True, kw_only=True):
            size_lots: int                                  # no default: it can lose money

        class State(msgspec.Struct):
            asked: int = 0

        FEATURES = ("spread",)                              # what it asks rows for: a set without them is refused

        def __init__(self, config: Config) -> None: ...
        def initial(self) -> State: ...
        def decide(self, state: State, row: Row) -> Sequence[Intent] | Reason: ...

A strategy sees one row at a time, in the order of the channel's log, and answers with what it wants or with the
reason why it wants nothing. It may keep whatever its State holds and nothing else: no clock, no randomness, no I/O;
the same rows must give the same answers in any process. What was filled comes back as `held` and `working`.
It is asked in Python about every row, some 10 us each; with a compiled rule (`udfs.execution.rule`), only about those
on which it may want something.
Use it with `--strategy PATH:Class`; the file's hash stands in the term.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from schemas.config import StrategyConfig
from schemas.errors import ConfigError
from schemas.features import INDEX
from schemas.instrument import Instrument
from schemas.trading import Reason
from udfs.risk.limits import Intent


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One decision row: the close of a 1-second bar of one instrument, as known at that moment."""

    number: int
    channel_ns: int
    instrument: Instrument
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    close: int  # last trade, 0 = none yet
    marks: int  # schemas.records.Mark: what speaks against trading
    warm: bool
    model_bp: int
    online_bp: int
    p_bp: int  # probability of up, of the ensemble
    confidence_bp: int  # max(p, 1 - p)
    held: int  # this strategy's position, signed
    working: int  # its orders that are not final, signed
    taker_ppm: int
    features: tuple[float, ...]  # of the term's feature set, in its order
    index: Mapping[str, int] = MappingProxyType(INDEX)  # the place of each name among them

    def feature(self, name: str) -> float:
        return self.features[self.index[name]]


class Strategy(Protocol):
    """What a term's strategies do."""

    State: type
    FEATURES: tuple[str, ...]  # names that the term's feature set must have; may be left out

    def initial(self) -> Any: ...

    def decide(self, state: Any, row: Row) -> Sequence[Intent] | Reason: ...


LoadStrategy = Callable[[StrategyConfig], Strategy]  # what the outside provides: the strategy that a term names


def check_features(name: str, strategy: Strategy, index: Mapping[str, int]) -> None:
    """ConfigError when a strategy asks for features that the set, of these names and places, has not."""
    missing = [one for one in getattr(strategy, "FEATURES", ()) if one not in index]
    if missing:
        raise ConfigError(f"strategy {name} asks for {', '.join(missing)}, which the feature set has not")
