"""The strategy protocol: public and stable. A configuration struct, an explicit state, a row in, orders out.

    class Mine:
        class Config(msgspec.Struct, frozen=True, kw_only=True):
            size_lots: int                                  # no default: it can lose money

        class State(msgspec.Struct):
            asked: int = 0

        def __init__(self, config: Config) -> None: ...
        def initial(self) -> State: ...
        def decide(self, state: State, row: Row) -> Sequence[Intent] | Reason: ...

A strategy sees one row at a time, in the order of the channel's log, and answers with what it wants or with the
reason why it wants nothing. It may keep whatever its State holds and nothing else: no clock, no randomness, no I/O;
the same rows must give the same answers in any process. What was filled comes back as `held` and `working`.
Use it with `--strategy PATH:Class`; the file's hash stands in the term.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from schemas.config import StrategyConfig
from schemas.errors import ConfigError
from schemas.features import INDEX
from schemas.instrument import Instrument
from schemas.trading import Reason
from udfs.risk.limits import Intent

SHIPPED = {"threshold": "udfs.execution.threshold:Threshold", "probe": "udfs.execution.probe:Probe"}


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
    features: tuple[float, ...]  # schemas.features.FEATURES, in that order

    def feature(self, name: str) -> float:
        return self.features[INDEX[name]]


class Strategy(Protocol):
    """What a term's strategies do."""

    def initial(self) -> Any: ...

    def decide(self, state: Any, row: Row) -> Sequence[Intent] | Reason: ...


def load_strategy(config: StrategyConfig) -> tuple[Strategy, type]:
    """The strategy of a term, and its State type.

    A shipped name, `package.module:Class`, or a path to a Python file. A file whose hash is not the term's is refused.
    """
    target, _, name = SHIPPED.get(config.target, config.target).rpartition(":")
    if not target:
        raise ConfigError(f"strategy {config.name}: {config.target!r} is neither {sorted(SHIPPED)} nor PATH:Class")
    module = _by_path(config, Path(target)) if target.endswith(".py") else importlib.import_module(target)
    try:
        found = getattr(module, name)
        options = msgspec.convert(config.options, found.Config)
        return found(options), found.State
    except AttributeError as error:
        raise ConfigError(f"strategy {config.name}: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"strategy {config.name}: options: {error}") from error


def source_hash(target: str) -> str:
    """The sha256 of a strategy file given by path; empty for what is installed."""
    path, _, _ = target.rpartition(":")
    if not path.endswith(".py"):
        return ""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"strategy file {path}: {error.strerror}") from error


def _by_path(config: StrategyConfig, path: Path) -> Any:
    found = source_hash(config.target)
    if found != config.source_sha256:
        raise ConfigError(
            f"strategy {config.name}: {path} has sha256 {found[:12]}, the term {config.source_sha256[:12]}"
        )
    spec = importlib.util.spec_from_file_location(f"penstock_strategy_{found[:16]}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"strategy {config.name}: {path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
